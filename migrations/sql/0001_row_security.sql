-- Row security as each table's declared scope class stands for (a test holds the two against each other).

ALTER TABLE casbin_rule ENABLE ROW LEVEL SECURITY;
ALTER TABLE casbin_rule FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON casbin_rule FOR ALL TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON casbin_rule TO linggong_app;

ALTER TABLE event_heads ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_heads FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON event_heads FOR SELECT TO PUBLIC USING (current_setting('app.kind', true) = 'system');
GRANT SELECT ON event_heads TO linggong_app;

ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON idempotency_keys FOR ALL TO PUBLIC USING (actor_id = NULLIF(current_setting('app.actor', true), '')::uuid) WITH CHECK (actor_id = NULLIF(current_setting('app.actor', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO linggong_app;

ALTER TABLE identities ENABLE ROW LEVEL SECURITY;
ALTER TABLE identities FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON identities FOR SELECT TO PUBLIC USING (current_setting('app.kind', true) = 'system');
GRANT SELECT ON identities TO linggong_app;

ALTER TABLE nodes ENABLE ROW LEVEL SECURITY;
ALTER TABLE nodes FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON nodes FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON nodes FOR INSERT TO PUBLIC WITH CHECK ((path >= NULLIF(current_setting('app.scope', true), '') AND path < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON nodes FOR UPDATE TO PUBLIC USING ((path >= NULLIF(current_setting('app.scope', true), '') AND path < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system') WITH CHECK ((path >= NULLIF(current_setting('app.scope', true), '') AND path < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON nodes FOR DELETE TO PUBLIC USING ((path >= NULLIF(current_setting('app.scope', true), '') AND path < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON nodes TO linggong_app;

ALTER TABLE one_time_codes ENABLE ROW LEVEL SECURITY;
ALTER TABLE one_time_codes FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON one_time_codes FOR ALL TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON one_time_codes TO linggong_app;

ALTER TABLE out_messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE out_messages FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON out_messages FOR ALL TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON out_messages TO linggong_app;

ALTER TABLE persons ENABLE ROW LEVEL SECURITY;
ALTER TABLE persons FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON persons FOR ALL TO PUBLIC USING (id = NULLIF(current_setting('app.actor', true), '')::uuid OR EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = persons.id AND l.tenant >= NULLIF(current_setting('app.scope', true), '') AND l.tenant < NULLIF(current_setting('app.scope', true), '') || '~' AND (l.ends_at IS NULL OR l.ends_at > coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now()))) OR current_setting('app.kind', true) = 'system') WITH CHECK (id = NULLIF(current_setting('app.actor', true), '')::uuid OR EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = persons.id AND l.tenant >= NULLIF(current_setting('app.scope', true), '') AND l.tenant < NULLIF(current_setting('app.scope', true), '') || '~' AND (l.ends_at IS NULL OR l.ends_at > coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now()))) OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON persons TO linggong_app;

ALTER TABLE trace_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE trace_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON trace_entries FOR SELECT TO PUBLIC USING (true);
GRANT SELECT ON trace_entries TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON trace_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();

ALTER TABLE web_sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE web_sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON web_sessions FOR ALL TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON web_sessions TO linggong_app;

ALTER TABLE board_posts ENABLE ROW LEVEL SECURITY;
ALTER TABLE board_posts FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON board_posts FOR SELECT TO PUBLIC USING (true);
GRANT SELECT ON board_posts TO linggong_app;

ALTER TABLE consents ENABLE ROW LEVEL SECURITY;
ALTER TABLE consents FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON consents FOR ALL TO PUBLIC USING (person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = consents.person_id AND l.tenant >= NULLIF(current_setting('app.scope', true), '') AND l.tenant < NULLIF(current_setting('app.scope', true), '') || '~' AND (l.ends_at IS NULL OR l.ends_at > coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now()))) OR current_setting('app.kind', true) = 'system') WITH CHECK (person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = consents.person_id AND l.tenant >= NULLIF(current_setting('app.scope', true), '') AND l.tenant < NULLIF(current_setting('app.scope', true), '') || '~' AND (l.ends_at IS NULL OR l.ends_at > coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now()))) OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON consents TO linggong_app;

ALTER TABLE contacts ENABLE ROW LEVEL SECURITY;
ALTER TABLE contacts FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON contacts FOR ALL TO PUBLIC USING (person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = contacts.person_id AND l.tenant >= NULLIF(current_setting('app.scope', true), '') AND l.tenant < NULLIF(current_setting('app.scope', true), '') || '~' AND (l.ends_at IS NULL OR l.ends_at > coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now()))) OR current_setting('app.kind', true) = 'system') WITH CHECK (person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = contacts.person_id AND l.tenant >= NULLIF(current_setting('app.scope', true), '') AND l.tenant < NULLIF(current_setting('app.scope', true), '') || '~' AND (l.ends_at IS NULL OR l.ends_at > coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now()))) OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON contacts TO linggong_app;

ALTER TABLE employers ENABLE ROW LEVEL SECURITY;
ALTER TABLE employers FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON employers FOR ALL TO PUBLIC USING (person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR id = NULLIF(current_setting('app.employer', true), '')::uuid OR EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = employers.id AND l.tenant >= NULLIF(current_setting('app.scope', true), '') AND l.tenant < NULLIF(current_setting('app.scope', true), '') || '~' AND (l.ends_at IS NULL OR l.ends_at > coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now()))) OR current_setting('app.kind', true) = 'system') WITH CHECK (person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR id = NULLIF(current_setting('app.employer', true), '')::uuid OR EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = employers.id AND l.tenant >= NULLIF(current_setting('app.scope', true), '') AND l.tenant < NULLIF(current_setting('app.scope', true), '') || '~' AND (l.ends_at IS NULL OR l.ends_at > coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now()))) OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON employers TO linggong_app;

ALTER TABLE events ENABLE ROW LEVEL SECURITY;
ALTER TABLE events FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_read ON events FOR SELECT TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT ON events TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse_change();

ALTER TABLE import_batches ENABLE ROW LEVEL SECURITY;
ALTER TABLE import_batches FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON import_batches FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON import_batches TO linggong_app;

ALTER TABLE parameter_values ENABLE ROW LEVEL SECURITY;
ALTER TABLE parameter_values FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON parameter_values FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON parameter_values FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_update ON parameter_values FOR UPDATE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system') WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
CREATE POLICY city_delete ON parameter_values FOR DELETE TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON parameter_values TO linggong_app;

ALTER TABLE phone_recoveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE phone_recoveries FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON phone_recoveries FOR ALL TO PUBLIC USING (person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = phone_recoveries.person_id AND l.tenant >= NULLIF(current_setting('app.scope', true), '') AND l.tenant < NULLIF(current_setting('app.scope', true), '') || '~' AND (l.ends_at IS NULL OR l.ends_at > coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now()))) OR current_setting('app.kind', true) = 'system') WITH CHECK (person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = phone_recoveries.person_id AND l.tenant >= NULLIF(current_setting('app.scope', true), '') AND l.tenant < NULLIF(current_setting('app.scope', true), '') || '~' AND (l.ends_at IS NULL OR l.ends_at > coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now()))) OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON phone_recoveries TO linggong_app;

ALTER TABLE service_links ENABLE ROW LEVEL SECURITY;
ALTER TABLE service_links FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON service_links FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR subject_id = NULLIF(current_setting('app.actor', true), '')::uuid OR subject_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR subject_id = NULLIF(current_setting('app.actor', true), '')::uuid OR subject_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON service_links TO linggong_app;

ALTER TABLE staff ENABLE ROW LEVEL SECURITY;
ALTER TABLE staff FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON staff FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON staff TO linggong_app;

ALTER TABLE timers ENABLE ROW LEVEL SECURITY;
ALTER TABLE timers FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON timers FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON timers TO linggong_app;

ALTER TABLE workers ENABLE ROW LEVEL SECURITY;
ALTER TABLE workers FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON workers FOR ALL TO PUBLIC USING (person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = workers.person_id AND l.tenant >= NULLIF(current_setting('app.scope', true), '') AND l.tenant < NULLIF(current_setting('app.scope', true), '') || '~' AND (l.ends_at IS NULL OR l.ends_at > coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now()))) OR current_setting('app.kind', true) = 'system') WITH CHECK (person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = workers.person_id AND l.tenant >= NULLIF(current_setting('app.scope', true), '') AND l.tenant < NULLIF(current_setting('app.scope', true), '') || '~' AND (l.ends_at IS NULL OR l.ends_at > coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now()))) OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON workers TO linggong_app;

ALTER TABLE agencies ENABLE ROW LEVEL SECURITY;
ALTER TABLE agencies FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON agencies FOR ALL TO PUBLIC USING (employer_id = NULLIF(current_setting('app.employer', true), '')::uuid OR EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = agencies.employer_id AND l.tenant >= NULLIF(current_setting('app.scope', true), '') AND l.tenant < NULLIF(current_setting('app.scope', true), '') || '~' AND (l.ends_at IS NULL OR l.ends_at > coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now()))) OR current_setting('app.kind', true) = 'system') WITH CHECK (employer_id = NULLIF(current_setting('app.employer', true), '')::uuid OR EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = agencies.employer_id AND l.tenant >= NULLIF(current_setting('app.scope', true), '') AND l.tenant < NULLIF(current_setting('app.scope', true), '') || '~' AND (l.ends_at IS NULL OR l.ends_at > coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now()))) OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON agencies TO linggong_app;

ALTER TABLE employer_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE employer_members FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON employer_members FOR ALL TO PUBLIC USING (person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid OR EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = employer_members.employer_id AND l.tenant >= NULLIF(current_setting('app.scope', true), '') AND l.tenant < NULLIF(current_setting('app.scope', true), '') || '~' AND (l.ends_at IS NULL OR l.ends_at > coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now()))) OR current_setting('app.kind', true) = 'system') WITH CHECK (person_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid OR EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = employer_members.employer_id AND l.tenant >= NULLIF(current_setting('app.scope', true), '') AND l.tenant < NULLIF(current_setting('app.scope', true), '') || '~' AND (l.ends_at IS NULL OR l.ends_at > coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now()))) OR current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON employer_members TO linggong_app;

ALTER TABLE merge_proposals ENABLE ROW LEVEL SECURITY;
ALTER TABLE merge_proposals FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON merge_proposals FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON merge_proposals TO linggong_app;

ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
ALTER TABLE orders FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON orders FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON orders TO linggong_app;

ALTER TABLE role_assignments ENABLE ROW LEVEL SECURITY;
ALTER TABLE role_assignments FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON role_assignments FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~')) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~'));
GRANT SELECT, INSERT, UPDATE, DELETE ON role_assignments TO linggong_app;

ALTER TABLE staff_credentials ENABLE ROW LEVEL SECURITY;
ALTER TABLE staff_credentials FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON staff_credentials FOR ALL TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON staff_credentials TO linggong_app;

ALTER TABLE engagements ENABLE ROW LEVEL SECURITY;
ALTER TABLE engagements FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON engagements FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON engagements TO linggong_app;

ALTER TABLE shifts ENABLE ROW LEVEL SECURITY;
ALTER TABLE shifts FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON shifts FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON shifts TO linggong_app;

ALTER TABLE terms_versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE terms_versions FORCE ROW LEVEL SECURITY;
CREATE POLICY city_read ON terms_versions FOR SELECT TO PUBLIC USING (true);
CREATE POLICY city_insert ON terms_versions FOR INSERT TO PUBLIC WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR current_setting('app.kind', true) = 'system' OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT ON terms_versions TO linggong_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON terms_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();

ALTER TABLE assignments ENABLE ROW LEVEL SECURITY;
ALTER TABLE assignments FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON assignments FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON assignments TO linggong_app;

ALTER TABLE ratings ENABLE ROW LEVEL SECURITY;
ALTER TABLE ratings FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON ratings FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON ratings TO linggong_app;

ALTER TABLE bills ENABLE ROW LEVEL SECURITY;
ALTER TABLE bills FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON bills FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON bills TO linggong_app;

ALTER TABLE bill_lines ENABLE ROW LEVEL SECURITY;
ALTER TABLE bill_lines FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON bill_lines FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON bill_lines TO linggong_app;

ALTER TABLE payments ENABLE ROW LEVEL SECURITY;
ALTER TABLE payments FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON payments FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR worker_id = NULLIF(current_setting('app.actor', true), '')::uuid OR employer_id = NULLIF(current_setting('app.employer', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON payments TO linggong_app;
