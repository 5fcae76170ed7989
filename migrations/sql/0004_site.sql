-- The public site: what a place says of its service in versions, editions of the directory, figures counted by night.
CREATE TABLE public_texts (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	key TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	body TEXT NOT NULL, 
	source TEXT NOT NULL, 
	set_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	set_by UUID, 
	CONSTRAINT pk_public_texts PRIMARY KEY (id), 
	CONSTRAINT fk_public_texts_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_public_texts_version CHECK (version > 0), 
	CONSTRAINT ck_public_texts_body CHECK (length(body) <= 4000), 
	CONSTRAINT uq_public_texts_tenant_key_version UNIQUE (tenant, key, version)
);
ALTER TABLE public_texts ENABLE ROW LEVEL SECURITY;
ALTER TABLE public_texts FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON public_texts FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON public_texts FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT ON public_texts TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON public_texts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON public_texts FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON public_texts FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE directory_editions (
	id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	quarter TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	place TEXT NOT NULL, 
	begins_on DATE NOT NULL, 
	ends_on DATE NOT NULL, 
	lines JSONB NOT NULL, 
	published_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	published_by UUID, 
	CONSTRAINT pk_directory_editions PRIMARY KEY (id), 
	CONSTRAINT fk_directory_editions_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_directory_editions_version CHECK (version > 0), 
	CONSTRAINT ck_directory_editions_days CHECK (begins_on <= ends_on), 
	CONSTRAINT uq_directory_editions_tenant_quarter_version UNIQUE (tenant, quarter, version)
);
ALTER TABLE directory_editions ENABLE ROW LEVEL SECURITY;
ALTER TABLE directory_editions FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON directory_editions FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON directory_editions FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT ON directory_editions TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON directory_editions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON directory_editions FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON directory_editions FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

CREATE TABLE public_figures (
	tenant TEXT COLLATE "C" NOT NULL, 
	period TEXT NOT NULL, 
	begins_on DATE NOT NULL, 
	ends_on DATE NOT NULL, 
	body JSONB NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_public_figures PRIMARY KEY (tenant, period), 
	CONSTRAINT fk_public_figures_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT ck_public_figures_days CHECK (begins_on <= ends_on)
);
ALTER TABLE public_figures ENABLE ROW LEVEL SECURITY;
ALTER TABLE public_figures FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON public_figures FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON public_figures FOR INSERT TO PUBLIC WITH CHECK (current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON public_figures FOR UPDATE TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON public_figures FOR DELETE TO PUBLIC USING (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON public_figures TO linggong_app;

INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES
  ('p', 'county_operator', '*', 'site', 'publish', 'down', 'allow'),
  ('p', 'county_bureau', '*', 'site', 'publish', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'site', 'publish', 'down', 'allow'),
  ('p', 'auditor', '*', 'site', 'publish', 'any', 'deny');
