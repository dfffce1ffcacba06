-- Attributes are evaluated by their mean error rate. SQLite cannot widen a check: the table is made anew.
create table evaluations_wider (
  run text not null references runs (key) on delete cascade,
  scope text not null check (scope in ('test', 'all', 'unseen')),
  metric text not null check (metric in ('accuracy', 'mae', 'cosine', 'error-rate')),
  value real not null,
  count integer not null,
  standard_error real not null,
  low real not null,
  high real not null,
  primary key (run, scope, metric)
) strict, without rowid;
insert into evaluations_wider select run, scope, metric, value, count, standard_error, low, high from evaluations;
drop table evaluations;
alter table evaluations_wider rename to evaluations;
