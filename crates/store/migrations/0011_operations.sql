-- Work that is done again and again, by one server at a time: when it is due, and who does it until when.
-- Nobody does it where leased_until is 0.
CREATE TABLE jobs (
    name TEXT NOT NULL PRIMARY KEY,
    due_at BIGINT NOT NULL,
    paused BOOLEAN NOT NULL,
    server UUID NOT NULL,
    run UUID NOT NULL,
    leased_until BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    succeeded_at BIGINT NOT NULL,
    -- How often it failed since it last succeeded.
    failures BIGINT NOT NULL
);

-- What runs did: those that changed something, and those that failed.
CREATE TABLE job_runs (
    id UUID NOT NULL PRIMARY KEY,
    job TEXT NOT NULL,
    server UUID NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    failed BOOLEAN NOT NULL,
    outcome TEXT NOT NULL
);
CREATE INDEX job_runs_by_job ON job_runs (job, id);

-- Who is told of what happens, by HTTP. A secret signs; the one before it signs too for a while after a change.
CREATE TABLE webhook_endpoints (
    id UUID NOT NULL PRIMARY KEY,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    secret TEXT NOT NULL,
    old_secret TEXT NOT NULL,
    old_until BIGINT NOT NULL,
    -- 0 while it is told.
    stopped_at BIGINT NOT NULL,
    stopped_why TEXT NOT NULL,
    -- Since when every message failed; 0 where the last one arrived.
    failing_since BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- What happened, as it is told: an event has the id of the row that it comes from.
CREATE TABLE webhook_events (
    id UUID NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX webhook_events_by_time ON webhook_events (created_at);

-- One message to one endpoint.
CREATE TABLE webhook_deliveries (
    id UUID NOT NULL PRIMARY KEY,
    endpoint_id UUID NOT NULL REFERENCES webhook_endpoints (id),
    event_id UUID NOT NULL,
    status TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    tried_at BIGINT NOT NULL,
    -- The HTTP status of the last answer; 0 where none came.
    answer BIGINT NOT NULL,
    problem TEXT NOT NULL,
    UNIQUE (endpoint_id, event_id)
);
CREATE INDEX webhook_deliveries_by_due ON webhook_deliveries (status, due_at);
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint_id, id);

-- Until when what happened was collected.
CREATE TABLE webhook_progress (
    id BIGINT NOT NULL PRIMARY KEY,
    seen_at BIGINT NOT NULL
);
INSERT INTO webhook_progress (id, seen_at) VALUES (0, 0);
