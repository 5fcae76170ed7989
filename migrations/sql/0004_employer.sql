-- Whoever finished work on an order is asked first when it is repeated (R051).
ALTER TABLE orders ADD COLUMN asks_former BOOLEAN DEFAULT false NOT NULL;

-- Every employer's data are confirmed anew within six months (R049): those that had no day yet get one, and a deadline.
UPDATE employers SET reverify_on = greatest((coalesce(verified_at, created_at) AT TIME ZONE 'Asia/Shanghai')::date + 180,
  (now() AT TIME ZONE 'Asia/Shanghai')::date + 14)
WHERE reverify_on IS NULL AND verified_level > 0;
INSERT INTO timers (id, subject_id, region, key, due_at, state, tenant, employer_id, created_at)
SELECT gen_random_uuid(), e.id, 'verify', 't.reverify', (e.reverify_on - 14 + time '09:00') AT TIME ZONE 'Asia/Shanghai', 'live', coalesce(
    (SELECT l.tenant FROM service_links l WHERE l.subject_id = e.id ORDER BY l.ends_at DESC, l.tenant LIMIT 1),
    (SELECT n.path FROM nodes n ORDER BY length(n.path), n.path LIMIT 1)), e.id, now()
FROM employers e WHERE e.reverify_on IS NOT NULL AND e.status <> 'closed'
ON CONFLICT (subject_id, region, key) WHERE state = 'live' DO NOTHING;
