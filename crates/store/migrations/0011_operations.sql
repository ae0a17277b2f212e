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
