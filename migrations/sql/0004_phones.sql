-- Messages: what became of each, and the notice that it carries.
ALTER TABLE out_messages DROP CONSTRAINT ck_out_messages_state;
ALTER TABLE out_messages ADD CONSTRAINT ck_out_messages_state CHECK (state IN ('queued', 'sent', 'delivered', 'failed'));
ALTER TABLE out_messages ADD COLUMN notice_id UUID;
ALTER TABLE out_messages ADD COLUMN delivered_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE out_messages ADD COLUMN handed_at TIMESTAMP WITH TIME ZONE;
UPDATE out_messages SET handed_at = created_at;
ALTER TABLE out_messages ADD CONSTRAINT fk_out_messages_notice_id FOREIGN KEY (notice_id) REFERENCES notices (id) ON DELETE SET NULL;
CREATE INDEX ix_out_messages_waiting ON out_messages (created_at) WHERE handed_at IS NULL;
CREATE INDEX ix_out_messages_notice_id ON out_messages (notice_id) WHERE notice_id IS NOT NULL;

-- Which payment of a bill a notice asks about.
ALTER TABLE notices ADD COLUMN part_id UUID;

CREATE TABLE phone_questions (
	id UUID NOT NULL, 
	notice_id UUID NOT NULL, 
	tenant TEXT COLLATE "C" NOT NULL, 
	via TEXT COLLATE "C", 
	person_id UUID NOT NULL, 
	kind TEXT NOT NULL, 
	subject_id UUID NOT NULL, 
	order_id UUID NOT NULL, 
	terms_version INTEGER, 
	code TEXT NOT NULL, 
	text TEXT NOT NULL, 
	body TEXT NOT NULL, 
	number_index BYTEA NOT NULL, 
	number_sealed BYTEA NOT NULL, 
	number_kind TEXT NOT NULL, 
	needs_code BOOLEAN NOT NULL, 
	by_sms BOOLEAN NOT NULL, 
	state TEXT NOT NULL, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	shown_at TIMESTAMP WITH TIME ZONE, 
	expires_at TIMESTAMP WITH TIME ZONE, 
	call_at TIMESTAMP WITH TIME ZONE, 
	rung_at TIMESTAMP WITH TIME ZONE, 
	answer TEXT, 
	channel TEXT NOT NULL, 
	answer_ref TEXT NOT NULL, 
	answered_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_phone_questions PRIMARY KEY (id), 
	CONSTRAINT fk_phone_questions_tenant FOREIGN KEY(tenant) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_phone_questions_via FOREIGN KEY(via) REFERENCES nodes (path) ON UPDATE CASCADE, 
	CONSTRAINT fk_phone_questions_notice_id FOREIGN KEY(notice_id) REFERENCES notices (id), 
	CONSTRAINT ck_phone_questions_kind CHECK (kind IN ('invitation', 'offer', 'terms', 'payment')), 
	CONSTRAINT ck_phone_questions_state CHECK (state IN ('open', 'answered', 'closed')), 
	CONSTRAINT ck_phone_questions_answer CHECK (answer IN ('yes', 'no'))
);
CREATE INDEX ix_phone_questions_call ON phone_questions (call_at) WHERE state = 'open';
CREATE INDEX ix_phone_questions_notice_id ON phone_questions (notice_id);
CREATE INDEX ix_phone_questions_number_index_asked_at ON phone_questions (number_index, asked_at);
CREATE INDEX ix_phone_questions_person_id_asked_at ON phone_questions (person_id, asked_at);
CREATE INDEX ix_phone_questions_tenant ON phone_questions (tenant);
CREATE INDEX ix_phone_questions_via ON phone_questions (via) WHERE via IS NOT NULL;
CREATE UNIQUE INDEX uq_phone_questions_answer_ref ON phone_questions (answer_ref) WHERE channel = 'sms';
CREATE UNIQUE INDEX uq_phone_questions_code ON phone_questions (number_index, code) WHERE state = 'open';
CREATE UNIQUE INDEX uq_phone_questions_subject ON phone_questions (subject_id) WHERE state = 'open';
ALTER TABLE phone_questions ENABLE ROW LEVEL SECURITY;
ALTER TABLE phone_questions FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON phone_questions FOR ALL TO PUBLIC USING ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid) WITH CHECK ((tenant >= NULLIF(current_setting('app.scope', true), '') AND tenant < NULLIF(current_setting('app.scope', true), '') || '~') OR (via >= NULLIF(current_setting('app.scope', true), '') AND via < NULLIF(current_setting('app.scope', true), '') || '~') OR person_id = NULLIF(current_setting('app.actor', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON phone_questions TO linggong_app;

CREATE TABLE in_messages (
	id UUID NOT NULL, 
	ref TEXT NOT NULL, 
	number_sealed BYTEA NOT NULL, 
	number_index BYTEA NOT NULL, 
	text_sealed BYTEA NOT NULL, 
	attested TEXT NOT NULL, 
	state TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	sent_at TIMESTAMP WITH TIME ZONE, 
	received_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	taken_at TIMESTAMP WITH TIME ZONE, 
	done_at TIMESTAMP WITH TIME ZONE, 
	reply_id UUID, 
	CONSTRAINT pk_in_messages PRIMARY KEY (id), 
	CONSTRAINT ck_in_messages_state CHECK (state IN ('received', 'taken', 'done')), 
	CONSTRAINT ck_in_messages_attested CHECK (attested IN ('unknown', 'full', 'failed')), 
	CONSTRAINT uq_in_messages_ref UNIQUE (ref)
);
CREATE INDEX ix_in_messages_number_index_received_at ON in_messages (number_index, received_at);
CREATE INDEX ix_in_messages_open ON in_messages (received_at) WHERE state <> 'done';
ALTER TABLE in_messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE in_messages FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON in_messages FOR ALL TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON in_messages TO linggong_app;

CREATE TABLE keypad_calls (
	id UUID NOT NULL, 
	ref TEXT NOT NULL, 
	number_index BYTEA NOT NULL, 
	number_sealed BYTEA NOT NULL, 
	attested TEXT NOT NULL, 
	question_id UUID, 
	back_of UUID, 
	person_id UUID, 
	step INTEGER NOT NULL, 
	place JSONB NOT NULL, 
	said_sealed BYTEA, 
	"then" TEXT NOT NULL, 
	started_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	last_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_keypad_calls PRIMARY KEY (id), 
	CONSTRAINT ck_keypad_calls_attested CHECK (attested IN ('unknown', 'full', 'failed')), 
	CONSTRAINT uq_keypad_calls_ref UNIQUE (ref)
);
CREATE INDEX ix_keypad_calls_number_index_started_at ON keypad_calls (number_index, started_at);
CREATE INDEX ix_keypad_calls_started_at ON keypad_calls (started_at);
ALTER TABLE keypad_calls ENABLE ROW LEVEL SECURITY;
ALTER TABLE keypad_calls FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON keypad_calls FOR ALL TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON keypad_calls TO linggong_app;

CREATE TABLE phone_stops (
	number_index BYTEA NOT NULL, 
	since TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT pk_phone_stops PRIMARY KEY (number_index)
);
ALTER TABLE phone_stops ENABLE ROW LEVEL SECURITY;
ALTER TABLE phone_stops FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON phone_stops FOR ALL TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON phone_stops TO linggong_app;


-- A printed card for somebody without a telephone.
CREATE TABLE worker_cards (
	id UUID NOT NULL, 
	person_id UUID NOT NULL, 
	code_index BYTEA NOT NULL, 
	printed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pk_worker_cards PRIMARY KEY (id), 
	CONSTRAINT fk_worker_cards_person_id FOREIGN KEY(person_id) REFERENCES persons (id)
);
CREATE INDEX ix_worker_cards_person_id ON worker_cards (person_id);
CREATE UNIQUE INDEX uq_worker_cards_code ON worker_cards (code_index) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX uq_worker_cards_person ON worker_cards (person_id) WHERE ended_at IS NULL;
ALTER TABLE worker_cards ENABLE ROW LEVEL SECURITY;
ALTER TABLE worker_cards FORCE ROW LEVEL SECURITY;
CREATE POLICY scope_all ON worker_cards FOR ALL TO PUBLIC USING (current_setting('app.kind', true) = 'system') WITH CHECK (current_setting('app.kind', true) = 'system');
GRANT SELECT, INSERT, UPDATE, DELETE ON worker_cards TO linggong_app;

