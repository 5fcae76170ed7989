-- A bill is the sum of its lines, and what is paid is the sum of its confirmed payments: checked when a transaction commits.
CREATE OR REPLACE FUNCTION bill_adds_up() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  b bills%ROWTYPE;
  which uuid;
  line_sum bigint;
  paid_sum bigint;
BEGIN
  IF TG_TABLE_NAME = 'bills' THEN which := NEW.id; ELSE which := NEW.bill_id; END IF;
  SELECT * INTO b FROM bills WHERE id = which;
  SELECT coalesce(sum(amount_fen), 0) INTO line_sum FROM bill_lines WHERE bill_id = which;
  SELECT coalesce(sum(amount_fen), 0) INTO paid_sum FROM payments WHERE bill_id = which AND state = 'confirmed';
  IF b.total_fen <> line_sum OR b.paid_fen <> paid_sum OR (b.state = 'SETTLED') <> (b.paid_fen = b.total_fen) THEN
    RAISE EXCEPTION 'bill % does not add up: total % lines %, paid % payments %, state %',
      which, b.total_fen, line_sum, b.paid_fen, paid_sum, b.state USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER bill_adds_up AFTER INSERT OR UPDATE ON bills
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION bill_adds_up();
CREATE CONSTRAINT TRIGGER bill_adds_up AFTER INSERT OR UPDATE ON bill_lines
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION bill_adds_up();
CREATE CONSTRAINT TRIGGER bill_adds_up AFTER INSERT OR UPDATE ON payments
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION bill_adds_up();
