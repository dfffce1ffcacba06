-- Selections are runs too. SQLite changes no check of a table: it is made anew, and the others go on referring to it by its name.
create table runs_new (
  key text primary key not null check (length(key) = 64),
  stage text not null check (stage in ('prepare', 'embed', 'combine', 'distil', 'transfer', 'select')),
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
insert into runs_new (key, stage, version, config, inputs, seed, uses_seed, uses_all_cores, label, work_order, state, reason, position, attempt, pid, pid_started, threads, engine, queued_at_ms, started_at_ms, finished_at_ms, duration_ms, bytes, result, progress_done, progress_total, progress_unit, per_second, memory_bytes, events_offset, last_seq, last_event_at_ms) select key, stage, version, config, inputs, seed, uses_seed, uses_all_cores, label, work_order, state, reason, position, attempt, pid, pid_started, threads, engine, queued_at_ms, started_at_ms, finished_at_ms, duration_ms, bytes, result, progress_done, progress_total, progress_unit, per_second, memory_bytes, events_offset, last_seq, last_event_at_ms from runs;
drop table runs;
alter table runs_new rename to runs;
create index runs_by_state on runs (state, position);
