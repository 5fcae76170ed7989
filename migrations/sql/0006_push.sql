-- When and how workers are told, and whom the market tells of new work.
ALTER TABLE notices ADD COLUMN not_before TIMESTAMP WITH TIME ZONE;
ALTER TABLE notices ADD COLUMN channel TEXT NOT NULL DEFAULT '';
ALTER TABLE notices ALTER COLUMN channel DROP DEFAULT;
ALTER TABLE notices ADD CONSTRAINT ck_notices_channel CHECK (channel IN ('', 'sms', 'keypad', 'call', 'page'));

ALTER TABLE search_hits ALTER COLUMN search_id DROP NOT NULL;
ALTER TABLE search_hits ADD COLUMN score INTEGER;
ALTER TABLE search_hits ADD COLUMN left_out TEXT NOT NULL DEFAULT '';
ALTER TABLE search_hits ALTER COLUMN left_out DROP DEFAULT;
ALTER TABLE search_hits ADD CONSTRAINT ck_search_hits_left_out CHECK (left_out IN ('', 'over', 'late'));

-- The quiet hours are those of every message now, no more of saved searches alone.
UPDATE parameter_values SET key = 'push.quiet_from' WHERE key = 'search.quiet_from';
UPDATE parameter_values SET key = 'push.quiet_to' WHERE key = 'search.quiet_to';

CREATE TABLE post_looks (
	order_id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	first_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	rest_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_post_looks PRIMARY KEY (order_id), 
	CONSTRAINT fk_post_looks_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_post_looks_order_id FOREIGN KEY(order_id) REFERENCES orders (id)
);
CREATE INDEX ix_post_looks_tenant ON post_looks (tenant);
ALTER TABLE post_looks ENABLE ROW LEVEL SECURITY;
ALTER TABLE post_looks FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON post_looks FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON post_looks TO linggong_app;

