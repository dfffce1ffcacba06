-- Tables of anybody's own, by name. `selection` is what tables.build takes, without the study: a study that was renamed keeps its tables.
create table saved_tables (
  name text primary key not null check (name <> ''),
  study text not null,
  selection text not null check (json_valid(selection)),
  created_at_ms integer not null,
  updated_at_ms integer not null
) strict;
create index saved_tables_by_study on saved_tables (study);
