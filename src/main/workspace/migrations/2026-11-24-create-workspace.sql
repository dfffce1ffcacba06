-- Times are UTC milliseconds since 1970; units stand in the names of the columns.
create table datasets (
  name text primary key not null,
  fingerprint text not null,
  format text not null,
  root text not null,
  options text not null check (json_valid(options)),
  summary text not null check (json_valid(summary)),
  added_at_ms integer not null
) strict;

create table studies (
  name text primary key not null,
  recipe text not null,
  detail text not null check (json_valid(detail)),
  created_at_ms integer not null,
  updated_at_ms integer not null
) strict;

create table runs (
  key text primary key not null check (length(key) = 64),
  stage text not null check (stage in ('prepare', 'embed', 'combine', 'distil', 'transfer')),
  version integer not null,
  config text not null check (json_valid(config)),
  inputs text not null check (json_valid(inputs)),
  seed integer not null check (seed >= 0),
  uses_seed integer not null check (uses_seed in (0, 1)),
  uses_all_cores integer not null check (uses_all_cores in (0, 1)),
  label text not null,
  work_order text not null check (json_valid(work_order)),
  state text not null check (state in ('queued', 'running', 'pausing', 'paused', 'done', 'failed', 'interrupted', 'cancelled')),
  reason text check (reason is null or json_valid(reason)),
  -- Place in the queue; a run queued again goes to the end.
  position integer not null,
  attempt integer not null default 0,
  pid integer,
  pid_started text,
  threads integer,
  engine text,
  queued_at_ms integer not null,
  started_at_ms integer,
  finished_at_ms integer,
  -- Over all attempts that ended by themselves.
  duration_ms real,
  bytes integer,
  result text check (result is null or json_valid(result)),
  progress_done real,
  progress_total real,
  progress_unit text,
  per_second real,
  memory_bytes integer,
  -- How far the event file is taken in: bytes, and the number of the last event.
  events_offset integer not null default 0,
  last_seq integer not null default -1,
  last_event_at_ms integer
) strict;
create index runs_by_state on runs (state, position);

create table run_needs (
  run text not null references runs (key) on delete cascade,
  need text not null,
  primary key (run, need)
) strict, without rowid;
create index run_needs_by_need on run_needs (need);

create table study_runs (
  study text not null references studies (name) on delete cascade,
  run text not null references runs (key) on delete cascade,
  position integer not null,
  primary key (study, run)
) strict, without rowid;
create index study_runs_by_run on study_runs (run);

-- Every move of a run between its states, never changed afterwards.
create table run_moves (
  id integer primary key,
  run text not null,
  from_state text not null,
  to_state text not null,
  at_ms integer not null,
  reason text check (reason is null or json_valid(reason))
) strict;
create index run_moves_by_run on run_moves (run, id);
create trigger run_moves_keep before update on run_moves begin select raise(abort, 'run_moves is append-only'); end;
create trigger run_moves_keep_rows before delete on run_moves begin select raise(abort, 'run_moves is append-only'); end;

create table metrics (
  run text not null references runs (key) on delete cascade,
  metric text not null,
  step integer not null,
  value real not null,
  at_ms integer not null,
  primary key (run, metric, step)
) strict, without rowid;
create trigger metrics_keep before update on metrics begin select raise(abort, 'metrics are append-only'); end;

create table evaluations (
  run text not null references runs (key) on delete cascade,
  scope text not null check (scope in ('test', 'all', 'unseen')),
  metric text not null check (metric in ('accuracy', 'mae', 'cosine')),
  value real not null,
  count integer not null,
  standard_error real not null,
  low real not null,
  high real not null,
  primary key (run, scope, metric)
) strict, without rowid;
