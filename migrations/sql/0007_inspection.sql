-- Inspections: checklists, draws, tasks, results, findings; cards, proposals, stars, lists of the best, removals.
CREATE TABLE checklists (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	kind TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	title TEXT NOT NULL, 
	items JSONB NOT NULL, 
	reason TEXT NOT NULL, 
	source TEXT NOT NULL, 
	set_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	set_by UUID, 
	set_name TEXT NOT NULL, 
	CONSTRAINT pk_checklists PRIMARY KEY (id), 
	CONSTRAINT fk_checklists_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_checklists_version CHECK (version > 0), 
	CONSTRAINT uq_checklists_tenant_kind_version UNIQUE (tenant, kind, version)
);
ALTER TABLE checklists ENABLE ROW LEVEL SECURITY;
ALTER TABLE checklists FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON checklists FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON checklists FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT ON checklists TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON checklists FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON checklists FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON checklists FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE inspection_draws (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	seed TEXT NOT NULL, 
	pool JSONB NOT NULL, 
	inspectors JSONB NOT NULL, 
	places INTEGER NOT NULL, 
	hands INTEGER NOT NULL, 
	picked JSONB NOT NULL, 
	joint BOOLEAN NOT NULL, 
	drawn_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	drawn_by UUID, 
	drawn_name TEXT NOT NULL, 
	CONSTRAINT pk_inspection_draws PRIMARY KEY (id), 
	CONSTRAINT fk_inspection_draws_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_inspection_draws_many CHECK (places > 0 AND hands > 0)
);
CREATE INDEX ix_inspection_draws_tenant_drawn_at ON inspection_draws (tenant, drawn_at);
ALTER TABLE inspection_draws ENABLE ROW LEVEL SECURITY;
ALTER TABLE inspection_draws FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON inspection_draws FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON inspection_draws FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON inspection_draws TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON inspection_draws FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON inspection_draws FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON inspection_draws FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE inspection_tasks (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	node_id UUID NOT NULL, 
	draw_id UUID, 
	kind TEXT NOT NULL, 
	place_kind TEXT NOT NULL, 
	title TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	items JSONB NOT NULL, 
	inspectors JSONB NOT NULL, 
	due_on DATE NOT NULL, 
	state TEXT NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	made_by UUID, 
	done_at TIMESTAMP WITH TIME ZONE, 
	note TEXT NOT NULL, 
	CONSTRAINT pk_inspection_tasks PRIMARY KEY (id), 
	CONSTRAINT fk_inspection_tasks_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_inspection_tasks_node_id FOREIGN KEY(node_id) REFERENCES nodes (id), 
	CONSTRAINT fk_inspection_tasks_draw_id FOREIGN KEY(draw_id) REFERENCES inspection_draws (id), 
	CONSTRAINT ck_inspection_tasks_kind CHECK (kind IN ('random', 'planned', 'joint', 'entry')), 
	CONSTRAINT ck_inspection_tasks_state CHECK (state IN ('open', 'done', 'cancelled'))
);
CREATE INDEX ix_inspection_tasks_draw_id ON inspection_tasks (draw_id) WHERE draw_id IS NOT NULL;
CREATE INDEX ix_inspection_tasks_node_id ON inspection_tasks (node_id);
CREATE INDEX ix_inspection_tasks_tenant_state_due_on ON inspection_tasks (tenant, state, due_on);
ALTER TABLE inspection_tasks ENABLE ROW LEVEL SECURITY;
ALTER TABLE inspection_tasks FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON inspection_tasks FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON inspection_tasks TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON inspection_tasks FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON inspection_tasks FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE inspection_results (
	id UUID NOT NULL, 
	task_id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	item TEXT NOT NULL, 
	requirement TEXT NOT NULL, 
	row INTEGER, 
	title TEXT NOT NULL, 
	passed BOOLEAN NOT NULL, 
	words TEXT NOT NULL, 
	expires_on DATE, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	made_by UUID, 
	made_name TEXT NOT NULL, 
	CONSTRAINT pk_inspection_results PRIMARY KEY (id), 
	CONSTRAINT fk_inspection_results_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_inspection_results_task_id FOREIGN KEY(task_id) REFERENCES inspection_tasks (id), 
	CONSTRAINT uq_inspection_results_task_id_item UNIQUE (task_id, item)
);
CREATE INDEX ix_inspection_results_tenant_made_at ON inspection_results (tenant, made_at);
ALTER TABLE inspection_results ENABLE ROW LEVEL SECURITY;
ALTER TABLE inspection_results FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON inspection_results FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON inspection_results FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON inspection_results TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON inspection_results FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON inspection_results FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON inspection_results FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE station_cards (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	node_id UUID NOT NULL, 
	colour TEXT NOT NULL, 
	title TEXT NOT NULL, 
	words TEXT NOT NULL, 
	evidence JSONB NOT NULL, 
	state TEXT NOT NULL, 
	due_on DATE, 
	letter_id UUID, 
	given_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	given_by UUID, 
	given_name TEXT NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_station_cards PRIMARY KEY (id), 
	CONSTRAINT fk_station_cards_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_station_cards_node_id FOREIGN KEY(node_id) REFERENCES nodes (id), 
	CONSTRAINT fk_station_cards_letter_id FOREIGN KEY(letter_id) REFERENCES letters (id), 
	CONSTRAINT ck_station_cards_colour CHECK (colour IN ('award', 'yellow')), 
	CONSTRAINT ck_station_cards_state CHECK (state IN ('C_AWARDED', 'C_OPEN', 'C_CIRCULATED', 'C_CLEARED', 'C_ENDED')), 
	CONSTRAINT ck_station_cards_award CHECK ((colour = 'award') = (state = 'C_AWARDED')), 
	CONSTRAINT ck_station_cards_evidence CHECK (jsonb_array_length(evidence) > 0)
);
CREATE INDEX ix_station_cards_letter_id ON station_cards (letter_id) WHERE letter_id IS NOT NULL;
CREATE INDEX ix_station_cards_node_id_given_at ON station_cards (node_id, given_at);
CREATE INDEX ix_station_cards_tenant_state ON station_cards (tenant, state);
ALTER TABLE station_cards ENABLE ROW LEVEL SECURITY;
ALTER TABLE station_cards FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON station_cards FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON station_cards TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON station_cards FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON station_cards FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE inspection_findings (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	node_id UUID NOT NULL, 
	result_id UUID, 
	card_id UUID, 
	requirement TEXT NOT NULL, 
	title TEXT NOT NULL, 
	words TEXT NOT NULL, 
	serious BOOLEAN NOT NULL, 
	state TEXT NOT NULL, 
	due_on DATE NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	mended_by UUID, 
	overdue_at TIMESTAMP WITH TIME ZONE, 
	closed_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_inspection_findings PRIMARY KEY (id), 
	CONSTRAINT fk_inspection_findings_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_inspection_findings_node_id FOREIGN KEY(node_id) REFERENCES nodes (id), 
	CONSTRAINT fk_inspection_findings_result_id FOREIGN KEY(result_id) REFERENCES inspection_results (id), 
	CONSTRAINT fk_inspection_findings_card_id FOREIGN KEY(card_id) REFERENCES station_cards (id), 
	CONSTRAINT ck_inspection_findings_state CHECK (state IN ('F_OPEN', 'F_MENDED', 'F_CLOSED', 'F_ENDED')), 
	CONSTRAINT ck_inspection_findings_origin CHECK (result_id IS NULL OR card_id IS NULL)
);
CREATE INDEX ix_inspection_findings_card_id ON inspection_findings (card_id) WHERE card_id IS NOT NULL;
CREATE INDEX ix_inspection_findings_node_id ON inspection_findings (node_id);
CREATE UNIQUE INDEX ix_inspection_findings_result_id ON inspection_findings (result_id) WHERE result_id IS NOT NULL;
CREATE INDEX ix_inspection_findings_tenant_state_due_on ON inspection_findings (tenant, state, due_on);
ALTER TABLE inspection_findings ENABLE ROW LEVEL SECURITY;
ALTER TABLE inspection_findings FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON inspection_findings FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON inspection_findings TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON inspection_findings FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON inspection_findings FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE finding_steps (
	id UUID NOT NULL, 
	finding_id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	step TEXT NOT NULL, 
	words TEXT NOT NULL, 
	due_on DATE, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	made_by UUID, 
	made_name TEXT NOT NULL, 
	CONSTRAINT pk_finding_steps PRIMARY KEY (id), 
	CONSTRAINT fk_finding_steps_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_finding_steps_finding_id FOREIGN KEY(finding_id) REFERENCES inspection_findings (id), 
	CONSTRAINT ck_finding_steps_step CHECK (step IN ('mended', 'passed', 'failed', 'overdue'))
);
CREATE INDEX ix_finding_steps_finding_id_made_at ON finding_steps (finding_id, made_at);
CREATE INDEX ix_finding_steps_tenant ON finding_steps (tenant);
ALTER TABLE finding_steps ENABLE ROW LEVEL SECURITY;
ALTER TABLE finding_steps FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON finding_steps FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON finding_steps FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON finding_steps TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON finding_steps FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON finding_steps FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON finding_steps FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE card_proposals (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	node_id UUID NOT NULL, 
	kind TEXT NOT NULL, 
	source TEXT NOT NULL, 
	words TEXT NOT NULL, 
	evidence JSONB NOT NULL, 
	card_id UUID, 
	state TEXT NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	letter_id UUID, 
	decided_at TIMESTAMP WITH TIME ZONE, 
	decided_by UUID, 
	decided_name TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	CONSTRAINT pk_card_proposals PRIMARY KEY (id), 
	CONSTRAINT fk_card_proposals_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_card_proposals_node_id FOREIGN KEY(node_id) REFERENCES nodes (id), 
	CONSTRAINT fk_card_proposals_card_id FOREIGN KEY(card_id) REFERENCES station_cards (id), 
	CONSTRAINT fk_card_proposals_letter_id FOREIGN KEY(letter_id) REFERENCES letters (id), 
	CONSTRAINT ck_card_proposals_kind CHECK (kind IN ('notice', 'yellow', 'circular', 'removal')), 
	CONSTRAINT ck_card_proposals_source CHECK (source IN ('zombie', 'finding', 'card', 'stars')), 
	CONSTRAINT ck_card_proposals_state CHECK (state IN ('open', 'accepted', 'declined'))
);
CREATE INDEX ix_card_proposals_card_id ON card_proposals (card_id) WHERE card_id IS NOT NULL;
CREATE INDEX ix_card_proposals_letter_id ON card_proposals (letter_id) WHERE letter_id IS NOT NULL;
CREATE INDEX ix_card_proposals_tenant_state ON card_proposals (tenant, state);
CREATE UNIQUE INDEX uq_card_proposals_open ON card_proposals (node_id, kind) WHERE state = 'open';
ALTER TABLE card_proposals ENABLE ROW LEVEL SECURITY;
ALTER TABLE card_proposals FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON card_proposals FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON card_proposals TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON card_proposals FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON card_proposals FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE station_stars (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	node_id UUID NOT NULL, 
	first DATE NOT NULL, 
	last DATE NOT NULL, 
	version INTEGER NOT NULL, 
	stars INTEGER NOT NULL, 
	score NUMERIC, 
	parts JSONB NOT NULL, 
	note TEXT NOT NULL, 
	published_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	published_by UUID, 
	CONSTRAINT pk_station_stars PRIMARY KEY (id), 
	CONSTRAINT fk_station_stars_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_station_stars_node_id FOREIGN KEY(node_id) REFERENCES nodes (id), 
	CONSTRAINT ck_station_stars_stars CHECK (stars BETWEEN 1 AND 5), 
	CONSTRAINT ck_station_stars_period CHECK (last >= first), 
	CONSTRAINT uq_station_stars_node_id_last_version UNIQUE (node_id, last, version)
);
CREATE INDEX ix_station_stars_tenant_last ON station_stars (tenant, last);
ALTER TABLE station_stars ENABLE ROW LEVEL SECURITY;
ALTER TABLE station_stars FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON station_stars FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON station_stars FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT ON station_stars TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON station_stars FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON station_stars FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON station_stars FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE award_lists (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	title TEXT NOT NULL, 
	year INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	places JSONB NOT NULL, 
	published_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	published_by UUID, 
	CONSTRAINT pk_award_lists PRIMARY KEY (id), 
	CONSTRAINT fk_award_lists_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT uq_award_lists_tenant_title_year_version UNIQUE (tenant, title, year, version)
);
ALTER TABLE award_lists ENABLE ROW LEVEL SECURITY;
ALTER TABLE award_lists FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON award_lists FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON award_lists FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT ON award_lists TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON award_lists FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON award_lists FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON award_lists FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE station_removals (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	node_id UUID NOT NULL, 
	target_id UUID NOT NULL, 
	proposal_id UUID, 
	letter_id UUID, 
	serious BOOLEAN NOT NULL, 
	grounds TEXT NOT NULL, 
	moved JSONB NOT NULL, 
	removed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	removed_by UUID, 
	removed_name TEXT NOT NULL, 
	CONSTRAINT pk_station_removals PRIMARY KEY (id), 
	CONSTRAINT fk_station_removals_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_station_removals_target_id FOREIGN KEY(target_id) REFERENCES nodes (id), 
	CONSTRAINT fk_station_removals_node_id FOREIGN KEY(node_id) REFERENCES nodes (id), 
	CONSTRAINT fk_station_removals_proposal_id FOREIGN KEY(proposal_id) REFERENCES card_proposals (id), 
	CONSTRAINT fk_station_removals_letter_id FOREIGN KEY(letter_id) REFERENCES letters (id), 
	CONSTRAINT uq_station_removals_node_id_removed_at UNIQUE (node_id, removed_at)
);
CREATE INDEX ix_station_removals_letter_id ON station_removals (letter_id) WHERE letter_id IS NOT NULL;
CREATE INDEX ix_station_removals_proposal_id ON station_removals (proposal_id) WHERE proposal_id IS NOT NULL;
CREATE INDEX ix_station_removals_target_id ON station_removals (target_id);
CREATE INDEX ix_station_removals_tenant ON station_removals (tenant);
ALTER TABLE station_removals ENABLE ROW LEVEL SECURITY;
ALTER TABLE station_removals FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON station_removals FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON station_removals FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON station_removals TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON station_removals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON station_removals FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON station_removals FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

-- Append-only rows follow when a place moves (by a cascade) or when a place is removed and its open work goes to another one
-- (by rehome_station): then nothing but a path changes. The app role has no UPDATE on these tables, so only an owner function can.
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (pg_trigger_depth() > 1 OR current_setting('app.rehoming', true) = 'on')
     AND to_jsonb(NEW) - 'tenant' - 'via' = to_jsonb(OLD) - 'tenant' - 'via' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

-- Moves what is open at a place to another one: orders with all that hangs on them, what the place does for workers on others'
-- orders, cases, injuries, deadlines, messages, the queue, service links, crews (R133). `go` false counts only. Ended work stays.
-- Both places lie in the caller's subtree, and the other one is open.
CREATE OR REPLACE FUNCTION rehome_station(p_from text, p_to text, go boolean) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  v_reach text := NULLIF(current_setting('app.scope', true), '');
  v_at timestamptz := coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now());
  v_over text[] := ARRAY['O_ARCHIVED', 'O_CANCELLED', 'O_EXPIRED', 'O_TAKENDOWN'];
  v_ours uuid[]; v_theirs uuid[]; v_all uuid[]; v_cases uuid[]; v_hurts uuid[]; v_open uuid[]; t text; r record; v_told jsonb;
BEGIN
  IF coalesce(current_setting('app.kind', true), '') NOT IN ('staff', 'system') OR v_reach IS NULL OR p_from = p_to
     OR NOT (p_from >= v_reach AND p_from < v_reach || '~' AND p_to >= v_reach AND p_to < v_reach || '~')
     OR NOT EXISTS (SELECT 1 FROM nodes WHERE path = p_from)
     OR NOT EXISTS (SELECT 1 FROM nodes WHERE path = p_to AND status = 'open') THEN
    RAISE EXCEPTION 'these places are not the caller''s to move between' USING ERRCODE = 'insufficient_privilege';
  END IF;
  v_ours := ARRAY(SELECT o.id FROM orders o WHERE o.tenant = p_from AND (o.state <> ALL (v_over)
    OR EXISTS (SELECT 1 FROM bills b WHERE b.order_id = o.id AND b.settled_at IS NULL)
    OR EXISTS (SELECT 1 FROM cases c WHERE c.order_id = o.id AND c.closed_at IS NULL)
    OR EXISTS (SELECT 1 FROM injuries i WHERE i.order_id = o.id AND i.closed_at IS NULL)));
  v_theirs := ARRAY(SELECT DISTINCT o.id FROM engagements e JOIN orders o ON o.id = e.order_id
    WHERE e.via = p_from AND o.tenant <> p_from AND (o.state <> ALL (v_over)
    OR EXISTS (SELECT 1 FROM bills b WHERE b.order_id = o.id AND b.via = p_from AND b.settled_at IS NULL)
    OR EXISTS (SELECT 1 FROM cases c WHERE c.order_id = o.id AND c.via = p_from AND c.closed_at IS NULL)
    OR EXISTS (SELECT 1 FROM injuries i WHERE i.order_id = o.id AND i.via = p_from AND i.closed_at IS NULL)));
  v_all := v_ours || v_theirs;
  v_cases := ARRAY(SELECT id FROM cases WHERE (tenant = p_from OR via = p_from) AND (closed_at IS NULL OR order_id = ANY (v_all)));
  v_hurts := ARRAY(SELECT id FROM injuries WHERE (tenant = p_from OR via = p_from) AND (closed_at IS NULL OR order_id = ANY (v_all)));
  v_told := jsonb_build_object(
    '用工订单', cardinality(v_ours),
    '在别站订单上的本站零工', (SELECT count(*) FROM engagements WHERE order_id = ANY (v_theirs) AND via = p_from),
    '没办完的录用', (SELECT count(*) FROM engagements WHERE order_id = ANY (v_all) AND (tenant = p_from OR via = p_from) AND ended_at IS NULL),
    '没结清的工资单', (SELECT count(*) FROM bills WHERE order_id = ANY (v_all) AND (tenant = p_from OR via = p_from) AND settled_at IS NULL),
    '纠纷', cardinality(v_cases),
    '受伤报案', cardinality(v_hurts),
    '没办完的服务事项', (SELECT count(*) FROM service_entries WHERE tenant = p_from AND ended_at IS NULL),
    '帮扶对象', (SELECT count(*) FROM help_cases WHERE tenant = p_from AND ended_at IS NULL),
    '服务对象', (SELECT count(DISTINCT subject_id) FROM service_links WHERE tenant = p_from AND (ends_at IS NULL OR ends_at > v_at)),
    '排队的号', (SELECT count(*) FROM tickets WHERE tenant = p_from AND state IN ('waiting', 'called')),
    '班组', (SELECT count(*) FROM crews WHERE tenant = p_from AND ended_at IS NULL),
    '待办期限', (SELECT count(*) FROM timers WHERE (tenant = p_from OR via = p_from) AND state = 'live'),
    '待打的电话和待发的通知', (SELECT count(*) FROM notices WHERE (tenant = p_from OR via = p_from) AND (state = 'queued' OR call_wanted)));
  IF NOT go THEN
    RETURN v_told;
  END IF;
  PERFORM set_config('app.rehoming', 'on', true);
  UPDATE orders SET tenant = p_to WHERE id = ANY (v_ours);
  FOR t IN SELECT c.relname FROM pg_class c JOIN pg_attribute v ON v.attrelid = c.oid AND v.attname = 'via' AND NOT v.attisdropped
      JOIN pg_attribute o ON o.attrelid = c.oid AND o.attname = 'order_id' AND NOT o.attisdropped
      WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace ORDER BY 1 LOOP
    EXECUTE format('UPDATE %I SET via = $1 WHERE via = $2 AND order_id = ANY ($3)', t) USING p_to, p_from, v_all;
  END LOOP;
  FOREACH t IN ARRAY ARRAY['phone_questions', 'credit_entries', 'incidents', 'handovers'] LOOP
    EXECUTE format('UPDATE %I SET tenant = $1 WHERE tenant = $2 AND order_id = ANY ($3)', t) USING p_to, p_from, v_ours;
  END LOOP;
  FOREACH t IN ARRAY ARRAY['cases', 'injuries', 'case_notes', 'case_offers', 'case_materials', 'case_referrals', 'injury_statements', 'injury_papers'] LOOP
    EXECUTE format('UPDATE %I SET tenant = CASE WHEN tenant = $2 THEN $1 ELSE tenant END, via = CASE WHEN via = $2 THEN $1 ELSE via END '
      'WHERE (tenant = $2 OR via = $2) AND %I = ANY ($3)', t,
      CASE WHEN t IN ('cases', 'injuries') THEN 'id' WHEN t LIKE 'case%' THEN 'case_id' ELSE 'injury_id' END)
      USING p_to, p_from, CASE WHEN t LIKE 'case%' THEN v_cases ELSE v_hurts END;
  END LOOP;
  v_open := ARRAY(SELECT id FROM service_entries WHERE tenant = p_from AND ended_at IS NULL);
  UPDATE service_entries SET tenant = p_to WHERE id = ANY (v_open);
  UPDATE service_notes SET tenant = p_to WHERE tenant = p_from AND entry_id = ANY (v_open);
  v_open := ARRAY(SELECT id FROM help_cases WHERE tenant = p_from AND ended_at IS NULL);
  UPDATE help_cases SET tenant = p_to WHERE id = ANY (v_open);
  UPDATE help_notes SET tenant = p_to WHERE tenant = p_from AND help_id = ANY (v_open);
  UPDATE course_enrolments SET tenant = p_to WHERE tenant = p_from AND ended_at IS NULL;
  UPDATE timers SET tenant = CASE WHEN tenant = p_from THEN p_to ELSE tenant END, via = CASE WHEN via = p_from THEN p_to ELSE via END
    WHERE (tenant = p_from OR via = p_from) AND state = 'live';
  UPDATE notices SET tenant = CASE WHEN tenant = p_from THEN p_to ELSE tenant END, via = CASE WHEN via = p_from THEN p_to ELSE via END
    WHERE (tenant = p_from OR via = p_from) AND (state = 'queued' OR call_wanted);
  UPDATE outside_calls SET tenant = CASE WHEN tenant = p_from THEN p_to ELSE tenant END, via = CASE WHEN via = p_from THEN p_to ELSE via END
    WHERE tenant = p_from OR via = p_from;
  UPDATE restrictions SET tenant = CASE WHEN tenant = p_from THEN p_to ELSE tenant END, via = CASE WHEN via = p_from THEN p_to ELSE via END
    WHERE tenant = p_from OR via = p_from;
  FOR r IN SELECT id, day, person_id, who_index FROM tickets WHERE tenant = p_from AND state IN ('waiting', 'called') ORDER BY day, number LOOP
    IF EXISTS (SELECT 1 FROM tickets k WHERE k.tenant = p_to AND k.day = r.day AND (k.person_id = r.person_id OR k.who_index = r.who_index)) THEN
      UPDATE tickets SET state = 'left', ended_at = v_at WHERE id = r.id;
    ELSE
      UPDATE tickets SET tenant = p_to, screen_id = NULL,
        number = (SELECT coalesce(max(k.number), 0) + 1 FROM tickets k WHERE k.tenant = p_to AND k.day = r.day) WHERE id = r.id;
    END IF;
  END LOOP;
  INSERT INTO service_links (id, subject_id, tenant, kind, started_at, ends_at)
    SELECT gen_random_uuid(), subject_id, p_to, kind, started_at, ends_at FROM service_links
      WHERE tenant = p_from AND (ends_at IS NULL OR ends_at > v_at)
    ON CONFLICT (subject_id, tenant, kind) DO UPDATE SET ends_at = greatest(service_links.ends_at, excluded.ends_at);
  UPDATE service_links SET ends_at = v_at WHERE tenant = p_from AND (ends_at IS NULL OR ends_at > v_at);
  UPDATE crew_members SET tenant = CASE WHEN tenant = p_from THEN p_to ELSE tenant END, via = CASE WHEN via = p_from THEN p_to ELSE via END
    WHERE tenant = p_from OR via = p_from;
  UPDATE crews SET tenant = p_to WHERE tenant = p_from AND ended_at IS NULL;
  UPDATE saved_searches SET tenant = p_to WHERE tenant = p_from;
  UPDATE merge_proposals SET tenant = p_to WHERE tenant = p_from AND status = 'open';
  UPDATE dispatch_proposals SET tenant = p_to WHERE tenant = p_from AND state = 'open';
  UPDATE desk_devices SET ended_at = v_at WHERE tenant = p_from AND ended_at IS NULL;
  UPDATE staff_invitations SET expires_at = v_at WHERE tenant = p_from AND used_at IS NULL AND expires_at > v_at;
  PERFORM set_config('app.rehoming', '', true);
  RETURN v_told;
END $$;
REVOKE ALL ON FUNCTION rehome_station(text, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rehome_station(text, text, boolean) TO linggong_app;

INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES
  ('p', 'county_bureau', '*', 'inspection', 'plan', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'card', 'read', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'card', 'decide', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'rectification', 'read', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'node', 'remove', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'inspection', 'plan', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'card', 'read', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'card', 'decide', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'rectification', 'read', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'node', 'remove', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'inspection', 'write', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'rectification', 'read', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'rectification', 'write', 'down', 'allow'),
  ('p', 'county_operator', '*', 'rectification', 'read', 'down', 'allow'),
  ('p', 'county_operator', '*', 'rectification', 'write', 'down', 'allow'),
  ('p', 'street_operator', '*', 'rectification', 'read', 'down', 'allow'),
  ('p', 'department_viewer', '*', 'rectification', 'read', 'down', 'allow'),
  ('p', 'auditor', '*', 'card', 'read', 'down', 'allow'),
  ('p', 'auditor', '*', 'rectification', 'read', 'down', 'allow'),
  ('p', 'auditor', '*', 'inspection', 'plan', 'any', 'deny'),
  ('p', 'auditor', '*', 'rectification', 'write', 'any', 'deny'),
  ('p', 'auditor', '*', 'card', 'decide', 'any', 'deny'),
  ('p', 'auditor', '*', 'node', 'remove', 'any', 'deny')
ON CONFLICT DO NOTHING;
