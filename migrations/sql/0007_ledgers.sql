-- Ledgers and reports: lines by hand, signed days, month reports, layouts of sheets (R086 to R095).
CREATE TABLE ledger_entries (
	id UUID NOT NULL,
	tenant TEXT COLLATE "C" NOT NULL,
	ledger TEXT NOT NULL,
	code TEXT NOT NULL,
	happened_at TIMESTAMP WITH TIME ZONE NOT NULL,
	written_at TIMESTAMP WITH TIME ZONE NOT NULL,
	who TEXT NOT NULL,
	what TEXT NOT NULL,
	place TEXT NOT NULL,
	n INTEGER NOT NULL,
	note TEXT NOT NULL,
	filled INTEGER NOT NULL,
	wanted INTEGER NOT NULL,
	author_id UUID,
	author_name TEXT NOT NULL,
	corrects UUID,
	reason TEXT NOT NULL,
	CONSTRAINT pk_ledger_entries PRIMARY KEY (id),
	CONSTRAINT fk_ledger_entries_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
	CONSTRAINT fk_ledger_entries_corrects FOREIGN KEY(corrects) REFERENCES ledger_entries (id),
	CONSTRAINT ck_ledger_entries_ledger CHECK (ledger IN ('other')),
	CONSTRAINT ck_ledger_entries_n CHECK (n BETWEEN 0 AND 100000),
	CONSTRAINT ck_ledger_entries_filled CHECK (filled BETWEEN 0 AND wanted),
	CONSTRAINT ck_ledger_entries_times CHECK (happened_at <= written_at),
	CONSTRAINT uq_ledger_entries_code UNIQUE (code),
	CONSTRAINT uq_ledger_entries_corrects UNIQUE (corrects)
);
CREATE INDEX ix_ledger_entries_tenant_ledger_happened_at ON ledger_entries (tenant, ledger, happened_at);
ALTER TABLE ledger_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON ledger_entries FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON ledger_entries FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON ledger_entries TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON ledger_entries FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{who,note}', '{"who": {"sealed": true}, "note": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{who,note}', '{"who": {"sealed": true}, "note": {"sealed": true}}');

CREATE TABLE day_records (
	id UUID NOT NULL,
	tenant TEXT COLLATE "C" NOT NULL,
	day DATE NOT NULL,
	nth INTEGER NOT NULL,
	text TEXT NOT NULL,
	note TEXT NOT NULL,
	counts JSONB NOT NULL,
	signed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	signed_by UUID,
	signed_name TEXT NOT NULL,
	late BOOLEAN NOT NULL,
	hash BYTEA NOT NULL,
	CONSTRAINT pk_day_records PRIMARY KEY (id),
	CONSTRAINT fk_day_records_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
	CONSTRAINT ck_day_records_nth CHECK (nth >= 0),
	CONSTRAINT uq_day_records_tenant_day_nth UNIQUE (tenant, day, nth)
);
ALTER TABLE day_records ENABLE ROW LEVEL SECURITY;
ALTER TABLE day_records FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON day_records FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
CREATE POLICY scope_insert ON day_records FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT ON day_records TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON day_records FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON day_records FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{note}', '{"note": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON day_records FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{note}', '{"note": {"sealed": true}}');

CREATE TABLE month_reports (
	id UUID NOT NULL,
	tenant TEXT COLLATE "C" NOT NULL,
	month DATE NOT NULL,
	version INTEGER NOT NULL,
	state TEXT NOT NULL,
	figures JSONB NOT NULL,
	drafted_at TIMESTAMP WITH TIME ZONE NOT NULL,
	due_at TIMESTAMP WITH TIME ZONE NOT NULL,
	remark TEXT NOT NULL,
	signed_at TIMESTAMP WITH TIME ZONE,
	signed_by UUID,
	signed_name TEXT NOT NULL,
	late_days INTEGER NOT NULL,
	hash BYTEA,
	decided_at TIMESTAMP WITH TIME ZONE,
	decided_by UUID,
	decided_name TEXT NOT NULL,
	answer TEXT NOT NULL,
	CONSTRAINT pk_month_reports PRIMARY KEY (id),
	CONSTRAINT fk_month_reports_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
	CONSTRAINT ck_month_reports_state CHECK (state IN ('draft', 'signed', 'returned', 'approved')),
	CONSTRAINT ck_month_reports_month CHECK (extract(day FROM month) = 1),
	CONSTRAINT ck_month_reports_version CHECK (version > 0),
	CONSTRAINT ck_month_reports_late_days CHECK (late_days >= 0),
	CONSTRAINT ck_month_reports_signed CHECK (state = 'draft' OR (signed_at IS NOT NULL AND hash IS NOT NULL)),
	CONSTRAINT ck_month_reports_decided CHECK (state NOT IN ('returned', 'approved') OR (decided_at IS NOT NULL AND (decided_by IS NULL OR decided_by <> signed_by))),
	CONSTRAINT uq_month_reports_tenant_month_version UNIQUE (tenant, month, version)
);
CREATE INDEX ix_month_reports_month ON month_reports (month);
ALTER TABLE month_reports ENABLE ROW LEVEL SECURITY;
ALTER TABLE month_reports FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON month_reports FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON month_reports TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON month_reports FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{remark,answer}', '{"remark": {"sealed": true}, "answer": {"sealed": true}}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON month_reports FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{remark,answer}', '{"remark": {"sealed": true}, "answer": {"sealed": true}}');

CREATE TABLE sheet_layouts (
	id UUID NOT NULL,
	tenant TEXT COLLATE "C" NOT NULL,
	form TEXT NOT NULL,
	version INTEGER NOT NULL,
	title TEXT NOT NULL,
	columns JSONB NOT NULL,
	signers JSONB NOT NULL,
	source TEXT NOT NULL,
	set_at TIMESTAMP WITH TIME ZONE NOT NULL,
	set_by UUID,
	CONSTRAINT pk_sheet_layouts PRIMARY KEY (id),
	CONSTRAINT fk_sheet_layouts_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE,
	CONSTRAINT ck_sheet_layouts_form CHECK (form IN ('month_report', 'briefing', 'demand', 'supply', 'officer', 'matching', 'seekers', 'posts', 'consulting', 'startup', 'startup_done', 'hardship', 'other')),
	CONSTRAINT ck_sheet_layouts_version CHECK (version > 0),
	CONSTRAINT uq_sheet_layouts_tenant_form_version UNIQUE (tenant, form, version)
);
ALTER TABLE sheet_layouts ENABLE ROW LEVEL SECURITY;
ALTER TABLE sheet_layouts FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON sheet_layouts FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON sheet_layouts FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT ON sheet_layouts TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON sheet_layouts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON sheet_layouts FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON sheet_layouts FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

-- What a station signed stays as it was: only its way on (approved, returned) may still change, and the path when a street moves.
CREATE FUNCTION keep_signed_report() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF OLD.state = 'draft' THEN
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
  END IF;
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION '签过的月报已经封存，不能删' USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.id, NEW.month, NEW.version, NEW.figures, NEW.drafted_at, NEW.due_at, NEW.remark, NEW.signed_at, NEW.signed_by, NEW.signed_name, NEW.late_days, NEW.hash)
     IS DISTINCT FROM
     (OLD.id, OLD.month, OLD.version, OLD.figures, OLD.drafted_at, OLD.due_at, OLD.remark, OLD.signed_at, OLD.signed_by, OLD.signed_name, OLD.late_days, OLD.hash) THEN
    RAISE EXCEPTION '签过的月报已经封存，数字不能改' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD.state <> 'signed' AND (NEW.state, NEW.decided_at, NEW.decided_by, NEW.decided_name, NEW.answer)
     IS DISTINCT FROM (OLD.state, OLD.decided_at, OLD.decided_by, OLD.decided_name, OLD.answer) OR NEW.state = 'draft' THEN
    RAISE EXCEPTION '审过的月报已经封存' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keep_signed BEFORE UPDATE OR DELETE ON month_reports FOR EACH ROW EXECUTE FUNCTION keep_signed_report();

INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES
  ('p', 'station_clerk', '*', 'ledger', 'read', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'ledger', 'write', 'down', 'allow'),
  ('p', 'station_clerk', '*', 'report', 'sign', 'down', 'allow'),
  ('p', 'street_operator', '*', 'ledger', 'read', 'down', 'allow'),
  ('p', 'county_operator', '*', 'ledger', 'read', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'ledger', 'read', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'ledger', 'read', 'down', 'allow'),
  ('p', 'auditor', '*', 'ledger', 'read', 'down', 'allow'),
  ('p', 'auditor', '*', 'ledger', 'write', 'any', 'deny'),
  ('p', 'auditor', '*', 'report', 'sign', 'any', 'deny')
ON CONFLICT DO NOTHING;
