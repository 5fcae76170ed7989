-- Photos of places, and messages that are found by their number.
ALTER TABLE nodes ADD CONSTRAINT uq_nodes_path_id UNIQUE (path, id);
CREATE TABLE node_photos (
  id UUID NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  node_id UUID NOT NULL,
  file_key TEXT NOT NULL,
  note TEXT DEFAULT '' NOT NULL,
  taken_at TIMESTAMP WITH TIME ZONE,
  added_by UUID,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_node_photos PRIMARY KEY (id),
  CONSTRAINT fk_node_photos_tenant_node_id FOREIGN KEY(tenant, node_id) REFERENCES nodes (path, id) ON UPDATE CASCADE,
  CONSTRAINT uq_node_photos_file_key UNIQUE (file_key)
);
CREATE INDEX ix_node_photos_tenant_node_id ON node_photos (tenant, node_id);
ALTER TABLE node_photos ENABLE ROW LEVEL SECURITY;
ALTER TABLE node_photos FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON node_photos FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON node_photos TO linggong_app;
CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON node_photos FOR EACH ROW EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');
CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON node_photos FOR EACH STATEMENT EXECUTE FUNCTION audit_collect('{id}', 'tenant', '{}', '{}');

ALTER TABLE out_messages ADD COLUMN number_index BYTEA;
CREATE INDEX ix_out_messages_number_index_created_at ON out_messages (number_index, created_at);
