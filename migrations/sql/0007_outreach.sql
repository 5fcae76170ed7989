-- Going out to people: visits, officers, surveys, briefings, publicity, fairs, trainings, samples, guidance, brands.
CREATE TABLE visits (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	trace_code TEXT NOT NULL, 
	channel TEXT NOT NULL, 
	employer_id UUID, 
	employer_name TEXT NOT NULL, 
	contact_name TEXT NOT NULL, 
	phone_sealed BYTEA, 
	place TEXT NOT NULL, 
	latitude DOUBLE PRECISION, 
	longitude DOUBLE PRECISION, 
	needs TEXT NOT NULL, 
	trade_code TEXT, 
	headcount INTEGER, 
	happened_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	written_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	done_by UUID, 
	follow_up_on DATE, 
	followed_at TIMESTAMP WITH TIME ZONE, 
	followed_by UUID, 
	outcome TEXT NOT NULL, 
	CONSTRAINT pk_visits PRIMARY KEY (id), 
	CONSTRAINT fk_visits_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_visits_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id), 
	CONSTRAINT ck_visits_channel CHECK (channel IN ('visit', 'call', 'survey', 'agency', 'online')), 
	CONSTRAINT ck_visits_employer CHECK (employer_id IS NOT NULL OR employer_name <> ''), 
	CONSTRAINT ck_visits_headcount CHECK (headcount > 0), 
	CONSTRAINT ck_visits_times CHECK (happened_at <= written_at), 
	CONSTRAINT ck_visits_point CHECK ((latitude IS NULL) = (longitude IS NULL)), 
	CONSTRAINT uq_visits_trace_code UNIQUE (trace_code)
);
CREATE INDEX ix_visits_employer_id ON visits (employer_id) WHERE employer_id IS NOT NULL;
CREATE INDEX ix_visits_follow_up ON visits (tenant, follow_up_on) WHERE follow_up_on IS NOT NULL AND followed_at IS NULL;
CREATE INDEX ix_visits_tenant_happened_at ON visits (tenant, happened_at);
ALTER TABLE visits ENABLE ROW LEVEL SECURITY;
ALTER TABLE visits FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON visits FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON visits TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON visits FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{employer_name,contact_name,needs}', '{"employer_name": {"sealed": true}, "contact_name": {"sealed": true}, "needs": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON visits FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{employer_name,contact_name,needs}', '{"employer_name": {"sealed": true}, "contact_name": {"sealed": true}, "needs": {"sealed": true}}');

CREATE TABLE employer_officers (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	employer_id UUID NOT NULL, 
	staff_id UUID NOT NULL, 
	since TIMESTAMP WITH TIME ZONE NOT NULL, 
	assigned_by UUID, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	reason TEXT NOT NULL, 
	CONSTRAINT pk_employer_officers PRIMARY KEY (id), 
	CONSTRAINT fk_employer_officers_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_employer_officers_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id), 
	CONSTRAINT fk_employer_officers_staff_id FOREIGN KEY(staff_id) REFERENCES staff (id)
);
CREATE INDEX ix_employer_officers_employer_id ON employer_officers (employer_id);
CREATE INDEX ix_employer_officers_staff_id ON employer_officers (staff_id);
CREATE INDEX ix_employer_officers_tenant ON employer_officers (tenant);
CREATE UNIQUE INDEX uq_employer_officers_now ON employer_officers (tenant, employer_id) WHERE ended_at IS NULL;
ALTER TABLE employer_officers ENABLE ROW LEVEL SECURITY;
ALTER TABLE employer_officers FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON employer_officers FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON employer_officers TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON employer_officers FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON employer_officers FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE survey_sheets (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	trace_code TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	division_code TEXT, 
	place TEXT NOT NULL, 
	latitude DOUBLE PRECISION, 
	longitude DOUBLE PRECISION, 
	heads INTEGER, 
	happened_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	written_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	done_by UUID, 
	file_name TEXT NOT NULL, 
	CONSTRAINT pk_survey_sheets PRIMARY KEY (id), 
	CONSTRAINT fk_survey_sheets_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_survey_sheets_kind CHECK (kind IN ('village', 'roadside')), 
	CONSTRAINT ck_survey_sheets_village CHECK (kind <> 'village' OR division_code IS NOT NULL), 
	CONSTRAINT ck_survey_sheets_times CHECK (happened_at <= written_at), 
	CONSTRAINT ck_survey_sheets_heads CHECK (heads >= 0), 
	CONSTRAINT ck_survey_sheets_point CHECK ((latitude IS NULL) = (longitude IS NULL)), 
	CONSTRAINT uq_survey_sheets_tenant_id UNIQUE (tenant, id), 
	CONSTRAINT uq_survey_sheets_trace_code UNIQUE (trace_code)
);
CREATE INDEX ix_survey_sheets_tenant_happened_at ON survey_sheets (tenant, happened_at);
ALTER TABLE survey_sheets ENABLE ROW LEVEL SECURITY;
ALTER TABLE survey_sheets FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON survey_sheets FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON survey_sheets TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON survey_sheets FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON survey_sheets FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE survey_entries (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	sheet_id UUID NOT NULL, 
	id_index BYTEA, 
	person_id UUID, 
	outcome TEXT NOT NULL, 
	situation TEXT NOT NULL, 
	trade_code TEXT, 
	wants_work BOOLEAN NOT NULL, 
	wants_training BOOLEAN NOT NULL, 
	entered_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_survey_entries PRIMARY KEY (id), 
	CONSTRAINT fk_survey_entries_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_survey_entries_tenant_sheet_id FOREIGN KEY(tenant, sheet_id) REFERENCES survey_sheets (tenant, id) ON UPDATE CASCADE, 
	CONSTRAINT fk_survey_entries_person_id FOREIGN KEY(person_id) REFERENCES persons (id), 
	CONSTRAINT ck_survey_entries_outcome CHECK (outcome IN ('registered', 'known', 'counted')), 
	CONSTRAINT ck_survey_entries_situation CHECK (situation IN ('idle', 'farming', 'odd_jobs', 'employed', 'unsaid')), 
	CONSTRAINT ck_survey_entries_consent CHECK ((outcome = 'counted') = (person_id IS NULL)), 
	CONSTRAINT uq_survey_entries_sheet_id_id_index UNIQUE (sheet_id, id_index)
);
CREATE INDEX ix_survey_entries_person_id ON survey_entries (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX ix_survey_entries_tenant_sheet_id ON survey_entries (tenant, sheet_id);
ALTER TABLE survey_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE survey_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON survey_entries FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON survey_entries TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON survey_entries FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON survey_entries FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE briefings (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	trace_code TEXT NOT NULL, 
	topic TEXT NOT NULL, 
	place TEXT NOT NULL, 
	latitude DOUBLE PRECISION, 
	longitude DOUBLE PRECISION, 
	audience INTEGER NOT NULL, 
	speaker TEXT NOT NULL, 
	happened_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	written_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	done_by UUID, 
	CONSTRAINT pk_briefings PRIMARY KEY (id), 
	CONSTRAINT fk_briefings_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_briefings_audience CHECK (audience > 0), 
	CONSTRAINT ck_briefings_times CHECK (happened_at <= written_at), 
	CONSTRAINT ck_briefings_point CHECK ((latitude IS NULL) = (longitude IS NULL)), 
	CONSTRAINT uq_briefings_trace_code UNIQUE (trace_code)
);
CREATE INDEX ix_briefings_tenant_happened_at ON briefings (tenant, happened_at);
ALTER TABLE briefings ENABLE ROW LEVEL SECURITY;
ALTER TABLE briefings FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON briefings FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON briefings TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON briefings FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON briefings FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE publicity_entries (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	trace_code TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	channel TEXT NOT NULL, 
	title TEXT NOT NULL, 
	link TEXT NOT NULL, 
	order_id UUID, 
	happened_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	written_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	done_by UUID, 
	CONSTRAINT pk_publicity_entries PRIMARY KEY (id), 
	CONSTRAINT fk_publicity_entries_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_publicity_entries_order_id FOREIGN KEY(order_id) REFERENCES orders (id), 
	CONSTRAINT ck_publicity_entries_kind CHECK (kind IN ('story', 'posts')), 
	CONSTRAINT ck_publicity_entries_channel CHECK (channel IN ('hall', 'official_account', 'mini_program', 'website', 'public_recruitment', 'recruitment_site', 'wechat_group', 'qq_group', 'short_video', 'broadcast', 'newspaper', 'leaflet', 'loudspeaker')), 
	CONSTRAINT ck_publicity_entries_times CHECK (happened_at <= written_at), 
	CONSTRAINT uq_publicity_entries_trace_code UNIQUE (trace_code)
);
CREATE INDEX ix_publicity_entries_order_id ON publicity_entries (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX ix_publicity_entries_tenant_happened_at ON publicity_entries (tenant, happened_at);
ALTER TABLE publicity_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE publicity_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON publicity_entries FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON publicity_entries TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON publicity_entries FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON publicity_entries FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE follower_snapshots (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	account TEXT NOT NULL, 
	platform TEXT NOT NULL, 
	month DATE NOT NULL, 
	followers INTEGER NOT NULL, 
	taken_on DATE NOT NULL, 
	photo_id UUID NOT NULL, 
	written_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	done_by UUID, 
	CONSTRAINT pk_follower_snapshots PRIMARY KEY (id), 
	CONSTRAINT fk_follower_snapshots_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_follower_snapshots_platform CHECK (platform IN ('official_account', 'mini_program', 'short_video', 'weibo', 'other')), 
	CONSTRAINT ck_follower_snapshots_followers CHECK (followers >= 0), 
	CONSTRAINT uq_follower_snapshots_tenant_account_month UNIQUE (tenant, account, month), 
	CONSTRAINT fk_follower_snapshots_photo_id FOREIGN KEY(photo_id) REFERENCES evidence_photos (id)
);
CREATE INDEX ix_follower_snapshots_photo_id ON follower_snapshots (photo_id);
ALTER TABLE follower_snapshots ENABLE ROW LEVEL SECURITY;
ALTER TABLE follower_snapshots FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON follower_snapshots FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON follower_snapshots FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON follower_snapshots TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON follower_snapshots FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON follower_snapshots FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON follower_snapshots FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE fairs (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	trace_code TEXT NOT NULL, 
	theme TEXT NOT NULL, 
	place TEXT NOT NULL, 
	latitude DOUBLE PRECISION, 
	longitude DOUBLE PRECISION, 
	starts_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ends_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	notice TEXT NOT NULL, 
	state TEXT NOT NULL, 
	visitors INTEGER, 
	employers INTEGER, 
	closing_note TEXT NOT NULL, 
	written_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	done_by UUID, 
	closed_at TIMESTAMP WITH TIME ZONE, 
	closed_by UUID, 
	CONSTRAINT pk_fairs PRIMARY KEY (id), 
	CONSTRAINT fk_fairs_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_fairs_state CHECK (state IN ('planned', 'held', 'cancelled')), 
	CONSTRAINT ck_fairs_times CHECK (ends_at > starts_at), 
	CONSTRAINT ck_fairs_visitors CHECK (visitors >= 0), 
	CONSTRAINT ck_fairs_held CHECK ((state = 'held') = (visitors IS NOT NULL AND employers IS NOT NULL)), 
	CONSTRAINT ck_fairs_employers CHECK (employers > 0), 
	CONSTRAINT ck_fairs_point CHECK ((latitude IS NULL) = (longitude IS NULL)), 
	CONSTRAINT uq_fairs_trace_code UNIQUE (trace_code)
);
CREATE INDEX ix_fairs_tenant_starts_at ON fairs (tenant, starts_at);
ALTER TABLE fairs ENABLE ROW LEVEL SECURITY;
ALTER TABLE fairs FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON fairs FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON fairs FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON fairs FOR UPDATE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system') WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON fairs FOR DELETE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON fairs TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON fairs FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON fairs FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE fair_stations (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	fair_id UUID NOT NULL, 
	CONSTRAINT pk_fair_stations PRIMARY KEY (id), 
	CONSTRAINT fk_fair_stations_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_fair_stations_fair_id FOREIGN KEY(fair_id) REFERENCES fairs (id), 
	CONSTRAINT uq_fair_stations_fair_id_tenant UNIQUE (fair_id, tenant)
);
CREATE INDEX ix_fair_stations_tenant ON fair_stations (tenant);
ALTER TABLE fair_stations ENABLE ROW LEVEL SECURITY;
ALTER TABLE fair_stations FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON fair_stations FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON fair_stations FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON fair_stations FOR UPDATE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system') WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON fair_stations FOR DELETE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON fair_stations TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON fair_stations FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON fair_stations FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE fair_employers (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	fair_id UUID NOT NULL, 
	employer_id UUID NOT NULL, 
	how TEXT NOT NULL, 
	signed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	done_by UUID, 
	CONSTRAINT pk_fair_employers PRIMARY KEY (id), 
	CONSTRAINT fk_fair_employers_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_fair_employers_fair_id FOREIGN KEY(fair_id) REFERENCES fairs (id), 
	CONSTRAINT fk_fair_employers_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id), 
	CONSTRAINT ck_fair_employers_how CHECK (how IN ('desk', 'code')), 
	CONSTRAINT uq_fair_employers_fair_id_employer_id UNIQUE (fair_id, employer_id)
);
CREATE INDEX ix_fair_employers_employer_id ON fair_employers (employer_id);
CREATE INDEX ix_fair_employers_tenant ON fair_employers (tenant);
ALTER TABLE fair_employers ENABLE ROW LEVEL SECURITY;
ALTER TABLE fair_employers FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON fair_employers FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON fair_employers TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON fair_employers FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON fair_employers FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE fair_posts (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	fair_id UUID NOT NULL, 
	order_id UUID NOT NULL, 
	added_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	done_by UUID, 
	CONSTRAINT pk_fair_posts PRIMARY KEY (id), 
	CONSTRAINT fk_fair_posts_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_fair_posts_fair_id FOREIGN KEY(fair_id) REFERENCES fairs (id), 
	CONSTRAINT fk_fair_posts_order_id FOREIGN KEY(order_id) REFERENCES orders (id), 
	CONSTRAINT uq_fair_posts_fair_id_order_id UNIQUE (fair_id, order_id)
);
CREATE INDEX ix_fair_posts_order_id ON fair_posts (order_id);
CREATE INDEX ix_fair_posts_tenant ON fair_posts (tenant);
ALTER TABLE fair_posts ENABLE ROW LEVEL SECURITY;
ALTER TABLE fair_posts FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON fair_posts FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON fair_posts TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON fair_posts FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON fair_posts FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE fair_pushes (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	fair_id UUID NOT NULL, 
	kind TEXT NOT NULL, 
	pushed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	told INTEGER NOT NULL, 
	left_out INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	done_by UUID, 
	CONSTRAINT pk_fair_pushes PRIMARY KEY (id), 
	CONSTRAINT fk_fair_pushes_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_fair_pushes_fair_id FOREIGN KEY(fair_id) REFERENCES fairs (id), 
	CONSTRAINT ck_fair_pushes_kind CHECK (kind IN ('notice', 'posts', 'employers')), 
	CONSTRAINT ck_fair_pushes_counts CHECK (told >= 0 AND left_out >= 0)
);
CREATE INDEX ix_fair_pushes_fair_id ON fair_pushes (fair_id);
CREATE INDEX ix_fair_pushes_tenant ON fair_pushes (tenant);
ALTER TABLE fair_pushes ENABLE ROW LEVEL SECURITY;
ALTER TABLE fair_pushes FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON fair_pushes FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON fair_pushes FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON fair_pushes TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON fair_pushes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON fair_pushes FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON fair_pushes FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE staff_courses (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	trace_code TEXT NOT NULL, 
	title TEXT NOT NULL, 
	trainer TEXT NOT NULL, 
	place TEXT NOT NULL, 
	minutes INTEGER NOT NULL, 
	pass_mark INTEGER NOT NULL, 
	quiz JSONB NOT NULL, 
	happened_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	written_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	done_by UUID, 
	CONSTRAINT pk_staff_courses PRIMARY KEY (id), 
	CONSTRAINT fk_staff_courses_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_staff_courses_minutes CHECK (minutes > 0), 
	CONSTRAINT ck_staff_courses_pass_mark CHECK (pass_mark BETWEEN 1 AND 100), 
	CONSTRAINT uq_staff_courses_trace_code UNIQUE (trace_code)
);
CREATE INDEX ix_staff_courses_tenant_happened_at ON staff_courses (tenant, happened_at);
ALTER TABLE staff_courses ENABLE ROW LEVEL SECURITY;
ALTER TABLE staff_courses FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON staff_courses FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON staff_courses FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON staff_courses FOR UPDATE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system') WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON staff_courses FOR DELETE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON staff_courses TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON staff_courses FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON staff_courses FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE quiz_results (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	course_id UUID NOT NULL, 
	staff_id UUID NOT NULL, 
	nth INTEGER NOT NULL, 
	answers JSONB NOT NULL, 
	score INTEGER NOT NULL, 
	passed BOOLEAN NOT NULL, 
	taken_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_quiz_results PRIMARY KEY (id), 
	CONSTRAINT fk_quiz_results_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_quiz_results_course_id FOREIGN KEY(course_id) REFERENCES staff_courses (id), 
	CONSTRAINT fk_quiz_results_staff_id FOREIGN KEY(staff_id) REFERENCES staff (id), 
	CONSTRAINT ck_quiz_results_score CHECK (score BETWEEN 0 AND 100), 
	CONSTRAINT uq_quiz_results_course_id_staff_id_nth UNIQUE (course_id, staff_id, nth)
);
CREATE INDEX ix_quiz_results_staff_id ON quiz_results (staff_id);
CREATE INDEX ix_quiz_results_tenant ON quiz_results (tenant);
ALTER TABLE quiz_results ENABLE ROW LEVEL SECURITY;
ALTER TABLE quiz_results FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON quiz_results FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON quiz_results FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON quiz_results TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON quiz_results FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON quiz_results FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON quiz_results FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE satisfaction_samples (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	trace_code TEXT NOT NULL, 
	first DATE NOT NULL, 
	last DATE NOT NULL, 
	asked_workers INTEGER NOT NULL, 
	asked_employers INTEGER NOT NULL, 
	workers INTEGER NOT NULL, 
	employers INTEGER NOT NULL, 
	seed BIGINT NOT NULL, 
	drawn_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	drawn_by UUID, 
	CONSTRAINT pk_satisfaction_samples PRIMARY KEY (id), 
	CONSTRAINT fk_satisfaction_samples_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_satisfaction_samples_period CHECK (last >= first), 
	CONSTRAINT ck_satisfaction_samples_workers CHECK (asked_workers BETWEEN 1 AND workers), 
	CONSTRAINT ck_satisfaction_samples_employers CHECK (asked_employers BETWEEN 1 AND employers), 
	CONSTRAINT uq_satisfaction_samples_trace_code UNIQUE (trace_code)
);
CREATE INDEX ix_satisfaction_samples_tenant_first ON satisfaction_samples (tenant, first);
ALTER TABLE satisfaction_samples ENABLE ROW LEVEL SECURITY;
ALTER TABLE satisfaction_samples FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON satisfaction_samples FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON satisfaction_samples TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON satisfaction_samples FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON satisfaction_samples FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE satisfaction_asks (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	sample_id UUID NOT NULL, 
	engagement_id UUID NOT NULL, 
	worker_id UUID NOT NULL, 
	employer_id UUID NOT NULL, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	side TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	noted_at TIMESTAMP WITH TIME ZONE, 
	noted_by UUID, 
	CONSTRAINT pk_satisfaction_asks PRIMARY KEY (id), 
	CONSTRAINT fk_satisfaction_asks_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_satisfaction_asks_sample_id FOREIGN KEY(sample_id) REFERENCES satisfaction_samples (id), 
	CONSTRAINT fk_satisfaction_asks_engagement_id FOREIGN KEY(engagement_id) REFERENCES engagements (id), 
	CONSTRAINT fk_satisfaction_asks_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id), 
	CONSTRAINT fk_satisfaction_asks_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id), 
	CONSTRAINT ck_satisfaction_asks_side CHECK (side IN ('worker', 'employer')), 
	CONSTRAINT ck_satisfaction_asks_outcome CHECK (outcome IN ('open', 'unreached', 'refused')), 
	CONSTRAINT uq_satisfaction_asks_sample_id_side_engagement_id UNIQUE (sample_id, side, engagement_id)
);
CREATE INDEX ix_satisfaction_asks_employer_id ON satisfaction_asks (employer_id);
CREATE INDEX ix_satisfaction_asks_engagement_id ON satisfaction_asks (engagement_id);
CREATE INDEX ix_satisfaction_asks_tenant_outcome ON satisfaction_asks (tenant, outcome);
CREATE INDEX ix_satisfaction_asks_worker_id ON satisfaction_asks (worker_id);
ALTER TABLE satisfaction_asks ENABLE ROW LEVEL SECURITY;
ALTER TABLE satisfaction_asks FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON satisfaction_asks FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON satisfaction_asks TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON satisfaction_asks FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON satisfaction_asks FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE employer_guidance (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	trace_code TEXT NOT NULL, 
	employer_id UUID NOT NULL, 
	kind TEXT NOT NULL, 
	topics JSONB NOT NULL, 
	words TEXT NOT NULL, 
	fix_by DATE, 
	state TEXT NOT NULL, 
	happened_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	written_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	done_by UUID, 
	checked_at TIMESTAMP WITH TIME ZONE, 
	checked_by UUID, 
	checked_words TEXT NOT NULL, 
	letter_id UUID, 
	CONSTRAINT pk_employer_guidance PRIMARY KEY (id), 
	CONSTRAINT fk_employer_guidance_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_employer_guidance_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id), 
	CONSTRAINT ck_employer_guidance_kind CHECK (kind IN ('guidance', 'warning')), 
	CONSTRAINT ck_employer_guidance_state CHECK (state IN ('open', 'fixed', 'unfixed')), 
	CONSTRAINT ck_employer_guidance_times CHECK (happened_at <= written_at), 
	CONSTRAINT uq_employer_guidance_trace_code UNIQUE (trace_code)
);
CREATE INDEX ix_employer_guidance_employer_id ON employer_guidance (employer_id);
CREATE INDEX ix_employer_guidance_tenant_happened_at ON employer_guidance (tenant, happened_at);
ALTER TABLE employer_guidance ENABLE ROW LEVEL SECURITY;
ALTER TABLE employer_guidance FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON employer_guidance FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON employer_guidance TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON employer_guidance FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON employer_guidance FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE labour_brands (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	name TEXT NOT NULL, 
	story TEXT NOT NULL, 
	trade_codes JSONB NOT NULL, 
	written_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	done_by UUID, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_labour_brands PRIMARY KEY (id), 
	CONSTRAINT fk_labour_brands_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT uq_labour_brands_tenant_name UNIQUE (tenant, name)
);
ALTER TABLE labour_brands ENABLE ROW LEVEL SECURITY;
ALTER TABLE labour_brands FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON labour_brands FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON labour_brands FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON labour_brands FOR UPDATE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system') WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON labour_brands FOR DELETE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON labour_brands TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON labour_brands FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON labour_brands FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE brand_tags (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	brand_id UUID NOT NULL, 
	person_id UUID, 
	order_id UUID, 
	added_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	done_by UUID, 
	CONSTRAINT pk_brand_tags PRIMARY KEY (id), 
	CONSTRAINT fk_brand_tags_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_brand_tags_brand_id FOREIGN KEY(brand_id) REFERENCES labour_brands (id), 
	CONSTRAINT fk_brand_tags_person_id FOREIGN KEY(person_id) REFERENCES persons (id), 
	CONSTRAINT fk_brand_tags_order_id FOREIGN KEY(order_id) REFERENCES orders (id), 
	CONSTRAINT ck_brand_tags_one CHECK (num_nonnulls(person_id, order_id) = 1), 
	CONSTRAINT uq_brand_tags_brand_id_person_id UNIQUE (brand_id, person_id), 
	CONSTRAINT uq_brand_tags_brand_id_order_id UNIQUE (brand_id, order_id)
);
CREATE INDEX ix_brand_tags_order_id ON brand_tags (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX ix_brand_tags_person_id ON brand_tags (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX ix_brand_tags_tenant ON brand_tags (tenant);
ALTER TABLE brand_tags ENABLE ROW LEVEL SECURITY;
ALTER TABLE brand_tags FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON brand_tags FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON brand_tags TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON brand_tags FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON brand_tags FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

-- A warning in writing costs credit points (R119).
ALTER TABLE credit_entries DROP CONSTRAINT ck_credit_entries_reason;
ALTER TABLE credit_entries ADD CONSTRAINT ck_credit_entries_reason CHECK (reason IN ('late_cancel', 'no_show', 'cancel', 'employer_no_show', 'differs', 'late_pay', 'arrears', 'false_post', 'warned'));

INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES
  ('p', 'station_clerk', '*', 'outreach', 'read', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'outreach', 'record', 'down', 'allow'),
  ('p', 'street_operator', '*', 'outreach', 'read', 'down', 'allow'),
  ('p', 'street_operator', '*', 'outreach', 'record', 'down', 'allow'),
  ('p', 'county_operator', '*', 'outreach', 'read', 'down', 'allow'),
  ('p', 'county_operator', '*', 'outreach', 'record', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'outreach', 'read', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'outreach', 'record', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'survey', 'enter', 'down', 'allow'),
  ('p', 'street_operator', '*', 'survey', 'enter', 'down', 'allow'),
  ('p', 'county_operator', '*', 'survey', 'enter', 'down', 'allow'),
  ('p', 'station_manager', '*', 'outreach', 'manage', 'down', 'allow'),
  ('p', 'county_operator', '*', 'outreach', 'manage', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'outreach', 'manage', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'outreach', 'read', 'down', 'allow'),
  ('p', 'auditor', '*', 'outreach', 'read', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'satisfaction', 'draw', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'satisfaction', 'draw', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'employer', 'warn', 'down', 'allow'),
  ('p', 'employer', '*', 'fair', 'join', 'any', 'allow'),
  ('p', 'auditor', '*', 'outreach', 'record', 'any', 'deny'),
  ('p', 'auditor', '*', 'outreach', 'manage', 'any', 'deny'),
  ('p', 'auditor', '*', 'survey', 'enter', 'any', 'deny'),
  ('p', 'auditor', '*', 'satisfaction', 'draw', 'any', 'deny'),
  ('p', 'auditor', '*', 'employer', 'warn', 'any', 'deny'),
  ('p', 'auditor', '*', 'fair', 'join', 'any', 'deny'),
  ('p', 'county_operator', '*', 'satisfaction', 'draw', 'any', 'deny')
ON CONFLICT DO NOTHING;
