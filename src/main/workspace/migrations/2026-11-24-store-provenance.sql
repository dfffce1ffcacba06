-- The state of a recipe's folder (commit, uncommitted changes), once for all runs that were asked for with it.
create table recipe_states (
  id text primary key not null check (length(id) = 64),
  state text not null check (json_valid(state))
) strict;

-- What a run's newest attempt was asked for and computed with.
create table run_provenance (
  run text primary key not null references runs (key) on delete cascade,
  recipe text references recipe_states (id),
  -- The GPU that it was given (its UUID); null on the CPU.
  device text,
  environment text check (environment is null or json_valid(environment))
) strict, without rowid;
create index run_provenance_by_recipe on run_provenance (recipe);
