-- Event chains: the only writer of events and their heads (owner function), and the append-only guard.
CREATE OR REPLACE FUNCTION event_hash(prev bytea, e events) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $$
  SELECT sha256(prev || convert_to(concat_ws(E'\x1f', e.chain, e.n::text, e.id::text, e.type, coalesce(e.subject_id::text, ''),
    coalesce(e.node_id::text, ''), coalesce(e.person_id::text, ''), coalesce(e.employer_id::text, ''), e.actor_kind,
    coalesce(e.actor_id::text, ''), coalesce(e.on_behalf_of::text, ''), e.channel, e.request_id,
    extract(epoch FROM e.occurred_at)::text, extract(epoch FROM e.recorded_at)::text, e.body), 'UTF8'))
$$;

CREATE OR REPLACE FUNCTION append_events(payload jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  item jsonb;
  head event_heads%ROWTYPE;
  e events%ROWTYPE;
BEGIN
  FOR item IN SELECT value FROM jsonb_array_elements(payload) LOOP
    SELECT * INTO head FROM event_heads WHERE chain = item->>'chain' FOR UPDATE;
    IF NOT FOUND THEN
      INSERT INTO event_heads (chain, n, hash) VALUES (item->>'chain', 0, '') ON CONFLICT (chain) DO NOTHING;
      SELECT * INTO head FROM event_heads WHERE chain = item->>'chain' FOR UPDATE;
    END IF;
    e := NULL;
    e.id := (item->>'id')::uuid;
    e.chain := item->>'chain';
    e.n := head.n + 1;
    e.type := item->>'type';
    e.subject_id := (item->>'subject_id')::uuid;
    e.tenant := item->>'tenant';
    e.node_id := (SELECT id FROM nodes WHERE path = item->>'tenant');
    e.person_id := (item->>'person_id')::uuid;
    e.employer_id := (item->>'employer_id')::uuid;
    e.actor_kind := item->>'actor_kind';
    e.actor_id := (item->>'actor_id')::uuid;
    e.on_behalf_of := (item->>'on_behalf_of')::uuid;
    e.channel := item->>'channel';
    e.request_id := item->>'request_id';
    e.occurred_at := (item->>'occurred_at')::timestamptz;
    e.recorded_at := (item->>'recorded_at')::timestamptz;
    e.body := item->>'body';
    e.prev_hash := head.hash;
    e.hash := event_hash(head.hash, e);
    INSERT INTO events SELECT e.*;
    UPDATE event_heads SET n = e.n, hash = e.hash WHERE chain = e.chain;
  END LOOP;
END $$;

-- A cascade that moves a path runs inside another trigger; a person's UPDATE does not. Only tenant and via may differ then.
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1
     AND to_jsonb(NEW) - 'tenant' - 'via' = to_jsonb(OLD) - 'tenant' - 'via' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
