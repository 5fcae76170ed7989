-- Services with clocks: the catalogue, what was taken in, help, courses, things that are lent, ratings of stations.
CREATE TABLE service_items (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	code TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	department TEXT NOT NULL, 
	materials JSONB NOT NULL, 
	limit_n INTEGER NOT NULL, 
	limit_unit TEXT NOT NULL, 
	guide TEXT NOT NULL, 
	source TEXT NOT NULL, 
	is_ended BOOLEAN NOT NULL, 
	set_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	set_by UUID, 
	CONSTRAINT pk_service_items PRIMARY KEY (id), 
	CONSTRAINT fk_service_items_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_service_items_kind CHECK (kind IN ('register', 'subsidy', 'social', 'rights', 'consult', 'training', 'place', 'other')), 
	CONSTRAINT ck_service_items_limit_unit CHECK (limit_unit IN ('hour', 'day')), 
	CONSTRAINT ck_service_items_limit_n CHECK (limit_n > 0), 
	CONSTRAINT ck_service_items_version CHECK (version > 0), 
	CONSTRAINT uq_service_items_tenant_code_version UNIQUE (tenant, code, version)
);
ALTER TABLE service_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE service_items FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON service_items FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON service_items FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT ON service_items TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON service_items FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON service_items FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON service_items FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE service_entries (
	id UUID NOT NULL, 
	trace_code TEXT NOT NULL, 
	digits TEXT NOT NULL, 
	code TEXT NOT NULL, 
	item_version INTEGER NOT NULL, 
	item_name TEXT NOT NULL, 
	limit_n INTEGER NOT NULL, 
	limit_unit TEXT NOT NULL, 
	name TEXT NOT NULL, 
	phone_sealed BYTEA, 
	words TEXT NOT NULL, 
	channel TEXT NOT NULL, 
	state TEXT NOT NULL, 
	owner_id UUID, 
	handler_id UUID, 
	happened_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	due_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	materials JSONB NOT NULL, 
	missing JSONB NOT NULL, 
	told_at TIMESTAMP WITH TIME ZONE, 
	case_id UUID, 
	referred_to TEXT NOT NULL, 
	referred_at TIMESTAMP WITH TIME ZONE, 
	reference TEXT NOT NULL, 
	answered_at TIMESTAMP WITH TIME ZONE, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	ended_on_at TIMESTAMP WITH TIME ZONE, 
	outcome TEXT NOT NULL, 
	breaches JSONB NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	worker_id UUID, 
	CONSTRAINT pk_service_entries PRIMARY KEY (id), 
	CONSTRAINT fk_service_entries_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_service_entries_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id), 
	CONSTRAINT ck_service_entries_state CHECK (state IN ('open', 'waiting', 'referred', 'done', 'withdrawn', 'case')), 
	CONSTRAINT ck_service_entries_limit_unit CHECK (limit_unit IN ('hour', 'day')), 
	CONSTRAINT ck_service_entries_channel CHECK (channel IN ('desk', 'phone', 'visit', 'web')), 
	CONSTRAINT fk_service_entries_case_id FOREIGN KEY(case_id) REFERENCES cases (id), 
	CONSTRAINT ck_service_entries_limit_n CHECK (limit_n > 0), 
	CONSTRAINT ck_service_entries_case CHECK ((state = 'case') = (case_id IS NOT NULL)), 
	CONSTRAINT ck_service_entries_order CHECK (ended_on_at >= happened_at), 
	CONSTRAINT ck_service_entries_end CHECK (state NOT IN ('done', 'withdrawn') OR (ended_at IS NOT NULL AND outcome <> '')), 
	CONSTRAINT uq_service_entries_trace_code UNIQUE (trace_code)
);
CREATE INDEX ix_service_entries_case_id ON service_entries (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX ix_service_entries_tenant_happened_at ON service_entries (tenant, happened_at);
CREATE INDEX ix_service_entries_tenant_state_due_at ON service_entries (tenant, state, due_at);
CREATE INDEX ix_service_entries_worker_id ON service_entries (worker_id) WHERE worker_id IS NOT NULL;
ALTER TABLE service_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE service_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON service_entries FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON service_entries TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON service_entries FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{name,words,outcome}', '{"name": {"sealed": true}, "words": {"sealed": true}, "outcome": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON service_entries FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{name,words,outcome}', '{"name": {"sealed": true}, "words": {"sealed": true}, "outcome": {"sealed": true}}');

CREATE TABLE service_notes (
	id UUID NOT NULL, 
	entry_id UUID NOT NULL, 
	kind TEXT NOT NULL, 
	words TEXT NOT NULL, 
	by_id UUID, 
	to_id UUID, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	worker_id UUID, 
	CONSTRAINT pk_service_notes PRIMARY KEY (id), 
	CONSTRAINT fk_service_notes_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_service_notes_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id), 
	CONSTRAINT fk_service_notes_entry_id FOREIGN KEY(entry_id) REFERENCES service_entries (id), 
	CONSTRAINT ck_service_notes_kind CHECK (kind IN ('taken', 'told', 'told_again', 'brought', 'hand_over', 'referred', 'answered', 'note', 'ended', 'withdrawn'))
);
CREATE INDEX ix_service_notes_entry_id ON service_notes (entry_id);
CREATE INDEX ix_service_notes_tenant ON service_notes (tenant);
CREATE INDEX ix_service_notes_worker_id ON service_notes (worker_id) WHERE worker_id IS NOT NULL;
ALTER TABLE service_notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE service_notes FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON service_notes FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid);
CREATE POLICY scope_insert ON service_notes FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid);
GRANT SELECT, INSERT ON service_notes TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON service_notes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON service_notes FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{words}', '{"words": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON service_notes FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{words}', '{"words": {"sealed": true}}');

CREATE TABLE help_cases (
	id UUID NOT NULL, 
	trace_code TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	phone_sealed BYTEA, 
	tier INTEGER NOT NULL, 
	topic TEXT NOT NULL, 
	plan TEXT NOT NULL, 
	stage TEXT, 
	next_on DATE, 
	owner_id UUID, 
	happened_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	outcome TEXT, 
	result TEXT NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	worker_id UUID, 
	CONSTRAINT pk_help_cases PRIMARY KEY (id), 
	CONSTRAINT fk_help_cases_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_help_cases_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id), 
	CONSTRAINT ck_help_cases_kind CHECK (kind IN ('guidance', 'startup', 'hardship')), 
	CONSTRAINT ck_help_cases_stage CHECK (stage IN ('consult', 'training', 'project', 'opening', 'loan', 'subsidy')), 
	CONSTRAINT ck_help_cases_outcome CHECK (outcome IN ('placed', 'learned', 'opened', 'settled', 'left', 'moved')), 
	CONSTRAINT ck_help_cases_tier CHECK (tier BETWEEN 0 AND 3), 
	CONSTRAINT ck_help_cases_end CHECK ((ended_at IS NULL) = (outcome IS NULL)), 
	CONSTRAINT ck_help_cases_next CHECK (ended_at IS NOT NULL OR next_on IS NOT NULL), 
	CONSTRAINT uq_help_cases_trace_code UNIQUE (trace_code)
);
CREATE INDEX ix_help_cases_tenant_kind_happened_at ON help_cases (tenant, kind, happened_at);
CREATE INDEX ix_help_cases_tenant_next_on ON help_cases (tenant, next_on);
CREATE INDEX ix_help_cases_worker_id ON help_cases (worker_id) WHERE worker_id IS NOT NULL;
ALTER TABLE help_cases ENABLE ROW LEVEL SECURITY;
ALTER TABLE help_cases FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON help_cases FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON help_cases TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON help_cases FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{name,topic,plan,result}', '{"name": {"sealed": true}, "topic": {"sealed": true}, "plan": {"sealed": true}, "result": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON help_cases FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{name,topic,plan,result}', '{"name": {"sealed": true}, "topic": {"sealed": true}, "plan": {"sealed": true}, "result": {"sealed": true}}');

CREATE TABLE help_notes (
	id UUID NOT NULL, 
	help_id UUID NOT NULL, 
	kind TEXT NOT NULL, 
	words TEXT NOT NULL, 
	minutes INTEGER, 
	stage TEXT, 
	amount_fen BIGINT, 
	paper TEXT NOT NULL, 
	next_on DATE, 
	happened_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	by_id UUID, 
	tenant TEXT COLLATE "C" NOT NULL, 
	worker_id UUID, 
	CONSTRAINT pk_help_notes PRIMARY KEY (id), 
	CONSTRAINT fk_help_notes_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_help_notes_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id), 
	CONSTRAINT fk_help_notes_help_id FOREIGN KEY(help_id) REFERENCES help_cases (id), 
	CONSTRAINT ck_help_notes_kind CHECK (kind IN ('plan', 'talk', 'step', 'stage', 'end')), 
	CONSTRAINT ck_help_notes_stage CHECK (stage IN ('consult', 'training', 'project', 'opening', 'loan', 'subsidy')), 
	CONSTRAINT ck_help_notes_minutes CHECK (minutes > 0), 
	CONSTRAINT ck_help_notes_amount CHECK (amount_fen > 0)
);
CREATE INDEX ix_help_notes_help_id ON help_notes (help_id);
CREATE INDEX ix_help_notes_tenant_happened_at ON help_notes (tenant, happened_at);
CREATE INDEX ix_help_notes_worker_id ON help_notes (worker_id) WHERE worker_id IS NOT NULL;
ALTER TABLE help_notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE help_notes FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON help_notes FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid);
CREATE POLICY scope_insert ON help_notes FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid);
GRANT SELECT, INSERT ON help_notes TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON help_notes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON help_notes FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{words}', '{"words": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON help_notes FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{words}', '{"words": {"sealed": true}}');

CREATE TABLE courses (
	id UUID NOT NULL, 
	trace_code TEXT NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	title TEXT NOT NULL, 
	provider TEXT NOT NULL, 
	mode TEXT NOT NULL, 
	need TEXT NOT NULL, 
	place TEXT NOT NULL, 
	begins_on DATE NOT NULL, 
	ends_on DATE NOT NULL, 
	lessons INTEGER NOT NULL, 
	seats INTEGER NOT NULL, 
	subsidy TEXT NOT NULL, 
	source TEXT NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	created_by UUID, 
	cancelled_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_courses PRIMARY KEY (id), 
	CONSTRAINT fk_courses_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_courses_mode CHECK (mode IN ('offline', 'online')), 
	CONSTRAINT ck_courses_need CHECK (need IN ('urgent', 'new', 'startup', 'internship', 'common')), 
	CONSTRAINT ck_courses_days CHECK (ends_on >= begins_on), 
	CONSTRAINT ck_courses_size CHECK (seats > 0 AND lessons > 0), 
	CONSTRAINT uq_courses_trace_code UNIQUE (trace_code)
);
CREATE INDEX ix_courses_tenant_begins_on ON courses (tenant, begins_on);
ALTER TABLE courses ENABLE ROW LEVEL SECURITY;
ALTER TABLE courses FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON courses FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON courses FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON courses FOR UPDATE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system') WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON courses FOR DELETE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON courses TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON courses FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON courses FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE course_enrolments (
	id UUID NOT NULL, 
	trace_code TEXT NOT NULL, 
	course_id UUID NOT NULL, 
	name TEXT NOT NULL, 
	state TEXT NOT NULL, 
	attended INTEGER NOT NULL, 
	certificate TEXT NOT NULL, 
	certified_on DATE, 
	training_subsidy TEXT NOT NULL, 
	training_fen BIGINT, 
	living_subsidy TEXT NOT NULL, 
	living_fen BIGINT, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	created_by UUID, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	tenant TEXT COLLATE "C" NOT NULL, 
	worker_id UUID, 
	CONSTRAINT pk_course_enrolments PRIMARY KEY (id), 
	CONSTRAINT fk_course_enrolments_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_course_enrolments_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id), 
	CONSTRAINT fk_course_enrolments_course_id FOREIGN KEY(course_id) REFERENCES courses (id), 
	CONSTRAINT ck_course_enrolments_state CHECK (state IN ('enrolled', 'finished', 'failed', 'left')), 
	CONSTRAINT ck_course_enrolments_training_subsidy CHECK (training_subsidy IN ('none', 'asked', 'granted', 'paid', 'refused')), 
	CONSTRAINT ck_course_enrolments_living_subsidy CHECK (living_subsidy IN ('none', 'asked', 'granted', 'paid', 'refused')), 
	CONSTRAINT ck_course_enrolments_attended CHECK (attended >= 0), 
	CONSTRAINT ck_course_enrolments_money CHECK (training_fen > 0 AND living_fen > 0), 
	CONSTRAINT uq_course_enrolments_course_id_worker_id UNIQUE (course_id, worker_id), 
	CONSTRAINT uq_course_enrolments_trace_code UNIQUE (trace_code)
);
CREATE INDEX ix_course_enrolments_tenant_created_at ON course_enrolments (tenant, created_at);
CREATE INDEX ix_course_enrolments_worker_id ON course_enrolments (worker_id) WHERE worker_id IS NOT NULL;
ALTER TABLE course_enrolments ENABLE ROW LEVEL SECURITY;
ALTER TABLE course_enrolments FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON course_enrolments FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON course_enrolments TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON course_enrolments FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{name}', '{"name": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON course_enrolments FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{name}', '{"name": {"sealed": true}}');

CREATE TABLE service_things (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	created_by UUID, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_service_things PRIMARY KEY (id), 
	CONSTRAINT fk_service_things_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_service_things_kind CHECK (kind IN ('tool', 'room', 'locker'))
);
CREATE INDEX ix_service_things_tenant ON service_things (tenant);
CREATE UNIQUE INDEX uq_service_things_here ON service_things (tenant, name) WHERE ended_at IS NULL;
ALTER TABLE service_things ENABLE ROW LEVEL SECURITY;
ALTER TABLE service_things FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON service_things FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON service_things TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON service_things FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON service_things FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE thing_uses (
	id UUID NOT NULL, 
	trace_code TEXT NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	worker_id UUID, 
	employer_id UUID, 
	thing_id UUID NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	note TEXT NOT NULL, 
	from_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	until TIMESTAMP WITH TIME ZONE NOT NULL, 
	back_at TIMESTAMP WITH TIME ZONE, 
	condition TEXT, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	by_id UUID, 
	CONSTRAINT pk_thing_uses PRIMARY KEY (id), 
	CONSTRAINT fk_thing_uses_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_thing_uses_thing_id FOREIGN KEY(thing_id) REFERENCES service_things (id), 
	CONSTRAINT fk_thing_uses_worker_id FOREIGN KEY(worker_id) REFERENCES persons (id), 
	CONSTRAINT fk_thing_uses_employer_id FOREIGN KEY(employer_id) REFERENCES employers (id), 
	CONSTRAINT ck_thing_uses_kind CHECK (kind IN ('tool', 'room', 'locker')), 
	CONSTRAINT ck_thing_uses_condition CHECK (condition IN ('good', 'worn', 'broken', 'lost')), 
	CONSTRAINT ck_thing_uses_period CHECK (until > from_at), 
	CONSTRAINT ck_thing_uses_back CHECK (back_at >= from_at), 
	CONSTRAINT uq_thing_uses_trace_code UNIQUE (trace_code)
);
CREATE INDEX ix_thing_uses_employer_id ON thing_uses (employer_id) WHERE employer_id IS NOT NULL;
CREATE INDEX ix_thing_uses_tenant_from_at ON thing_uses (tenant, from_at);
CREATE INDEX ix_thing_uses_thing_id_from_at ON thing_uses (thing_id, from_at);
CREATE INDEX ix_thing_uses_worker_id ON thing_uses (worker_id) WHERE worker_id IS NOT NULL;
CREATE UNIQUE INDEX uq_thing_uses_out ON thing_uses (thing_id) WHERE back_at IS NULL AND kind <> 'room';
ALTER TABLE thing_uses ENABLE ROW LEVEL SECURITY;
ALTER TABLE thing_uses FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON thing_uses FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON thing_uses TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON thing_uses FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{name,note}', '{"name": {"sealed": true}, "note": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON thing_uses FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{name,note}', '{"name": {"sealed": true}, "note": {"sealed": true}}');

CREATE TABLE station_ratings (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	entry_id UUID, 
	channel TEXT NOT NULL, 
	upkeep INTEGER, 
	service INTEGER, 
	sides INTEGER, 
	mediation INTEGER, 
	guidance INTEGER, 
	words TEXT NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	entered_by UUID, 
	CONSTRAINT pk_station_ratings PRIMARY KEY (id), 
	CONSTRAINT fk_station_ratings_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_station_ratings_entry_id FOREIGN KEY(entry_id) REFERENCES service_entries (id), 
	CONSTRAINT ck_station_ratings_channel CHECK (channel IN ('qr', 'keypad', 'paper')), 
	CONSTRAINT ck_station_ratings_upkeep CHECK (upkeep BETWEEN 1 AND 5), 
	CONSTRAINT ck_station_ratings_service CHECK (service BETWEEN 1 AND 5), 
	CONSTRAINT ck_station_ratings_sides CHECK (sides BETWEEN 1 AND 5), 
	CONSTRAINT ck_station_ratings_mediation CHECK (mediation BETWEEN 1 AND 5), 
	CONSTRAINT ck_station_ratings_guidance CHECK (guidance BETWEEN 1 AND 5), 
	CONSTRAINT ck_station_ratings_any CHECK (coalesce(upkeep, service, sides, mediation, guidance) IS NOT NULL)
);
CREATE INDEX ix_station_ratings_tenant_at ON station_ratings (tenant, at);
CREATE UNIQUE INDEX uq_station_ratings_entry ON station_ratings (entry_id);
ALTER TABLE station_ratings ENABLE ROW LEVEL SECURITY;
ALTER TABLE station_ratings FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON station_ratings FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON station_ratings FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON station_ratings TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON station_ratings FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON station_ratings FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON station_ratings FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE benefit_counts (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	benefit_id UUID NOT NULL, 
	day DATE NOT NULL, 
	what TEXT NOT NULL, 
	n INTEGER NOT NULL, 
	CONSTRAINT pk_benefit_counts PRIMARY KEY (id), 
	CONSTRAINT fk_benefit_counts_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_benefit_counts_benefit_id FOREIGN KEY(benefit_id) REFERENCES benefits (id), 
	CONSTRAINT ck_benefit_counts_what CHECK (what IN ('read', 'print')), 
	CONSTRAINT ck_benefit_counts_n CHECK (n > 0), 
	CONSTRAINT uq_benefit_counts_benefit_id_day_what UNIQUE (benefit_id, day, what)
);
CREATE INDEX ix_benefit_counts_tenant ON benefit_counts (tenant);
ALTER TABLE benefit_counts ENABLE ROW LEVEL SECURITY;
ALTER TABLE benefit_counts FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON benefit_counts FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON benefit_counts FOR INSERT TO PUBLIC WITH CHECK (current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON benefit_counts FOR UPDATE TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON benefit_counts FOR DELETE TO PUBLIC USING (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON benefit_counts TO linggong_app;

-- How many sit in a course, and whether a person is among them: seats are counted over all places that bring people.
CREATE FUNCTION course_seats(p_course uuid, p_person uuid, OUT taken bigint, OUT mine boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT count(*) FILTER (WHERE e.state <> 'left'), coalesce(bool_or(e.worker_id = p_person), false)
  FROM course_enrolments e WHERE e.course_id = p_course
$$;
REVOKE EXECUTE ON FUNCTION course_seats(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION course_seats(uuid, uuid) TO linggong_app;

CREATE FUNCTION courses_taken(p_courses uuid[]) RETURNS TABLE (course_id uuid, n bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT e.course_id, count(*) FROM course_enrolments e WHERE e.course_id = ANY (p_courses) AND e.state <> 'left' GROUP BY e.course_id
$$;
REVOKE EXECUTE ON FUNCTION courses_taken(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION courses_taken(uuid[]) TO linggong_app;

INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES
  ('p', 'station_clerk', '*', 'service', 'read', 'down', 'allow'),
  ('p', 'street_operator', '*', 'service', 'read', 'down', 'allow'),
  ('p', 'county_operator', '*', 'service', 'read', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'service', 'read', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'service', 'read', 'down', 'allow'),
  ('p', 'auditor', '*', 'service', 'read', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'service', 'take', 'down', 'allow'),
  ('p', 'county_operator', '*', 'service', 'take', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'service', 'manage', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'service', 'manage', 'down', 'allow'),
  ('p', 'auditor', '*', 'service', 'take', 'any', 'deny'),
  ('p', 'auditor', '*', 'service', 'manage', 'any', 'deny')
ON CONFLICT DO NOTHING;
