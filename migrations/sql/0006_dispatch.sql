-- A proposal for the whole city: the city bureau makes it and hands each county its part; nobody at the city invites.
INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) VALUES
  ('p', 'city_bureau', '*', 'dispatch', 'read', 'down', 'allow'),
  ('p', 'city_bureau', '*', 'dispatch', 'propose', 'down', 'allow')
ON CONFLICT DO NOTHING;
