-- What a message brings back: answers by its link, receipts of its channel.

-- Key of the links in messages. A link is the notification's identifier with a digest under this key: nothing is stored
-- for each, and a new row makes all older links worthless.
CREATE TABLE answer_keys ( -- writer: alerts
    answer_key_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    secret        bytea NOT NULL CHECK (octet_length(secret) = 32),
    created_at    timestamptz NOT NULL DEFAULT now()
);

-- What became of a message after its channel took it.
CREATE TABLE notification_receipts ( -- writer: alerts
    receipt_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notification_id uuid NOT NULL REFERENCES notifications,
    -- Real time.
    at_wall         timestamptz NOT NULL,
    -- opened, acknowledged, responding: by its link or a key pressed; delivered, undelivered, picked_up, no_answer, busy,
    -- failed: by the service behind the channel
    what            text NOT NULL,
    detail          text NOT NULL DEFAULT ''
);
CREATE INDEX notification_receipts_notification ON notification_receipts (notification_id);

-- Days on which the operators were told who cannot be reached: once each, however many processes look.
CREATE TABLE operator_notices ( -- writer: alerts
    notice  text NOT NULL,
    day     date NOT NULL,
    PRIMARY KEY (notice, day)
);
