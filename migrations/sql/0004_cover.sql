-- The insurer is told where the work is, and when the place changes (25).
ALTER TABLE cover_policies ADD COLUMN place TEXT NOT NULL DEFAULT '';
ALTER TABLE cover_policies ALTER COLUMN place DROP DEFAULT;
UPDATE cover_policies p SET place = b.place FROM board_posts b WHERE b.order_id = p.order_id;
