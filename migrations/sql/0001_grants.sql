-- The app role calls the owner functions and nothing else of the owner's; PUBLIC calls none.
GRANT USAGE ON SCHEMA public TO linggong_app;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
GRANT EXECUTE ON FUNCTION append_events(jsonb) TO linggong_app;
GRANT EXECUTE ON FUNCTION event_hash(bytea, events) TO linggong_app;
GRANT EXECUTE ON FUNCTION acts_on(text, text, uuid, uuid) TO linggong_app;
GRANT EXECUTE ON FUNCTION session_of(bytea, timestamptz, interval) TO linggong_app;
GRANT EXECUTE ON FUNCTION claim_identity(bytea, uuid, timestamptz) TO linggong_app;
GRANT EXECUTE ON FUNCTION take_place(uuid, timestamptz, int) TO linggong_app;
GRANT EXECUTE ON FUNCTION release_place(uuid, text, text, timestamptz) TO linggong_app;
GRANT EXECUTE ON FUNCTION derive_order(uuid, timestamptz, int) TO linggong_app;
GRANT EXECUTE ON FUNCTION shifts_of(uuid) TO linggong_app;
GRANT EXECUTE ON FUNCTION order_contact(uuid) TO linggong_app;
GRANT EXECUTE ON FUNCTION worker_contact(uuid) TO linggong_app;
GRANT EXECUTE ON FUNCTION link_worker(uuid, uuid, timestamptz, timestamptz) TO linggong_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO linggong_app;
