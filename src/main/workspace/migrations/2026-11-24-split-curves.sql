-- A point named its run by 64 digits and its metric by words: 119 bytes. By the number of its curve it takes 29.
create table curves (
  id integer primary key,
  run text not null references runs (key) on delete cascade,
  metric text not null,
  unique (run, metric)
) strict;
create table points (
  curve integer not null references curves (id) on delete cascade,
  step integer not null,
  value real not null,
  at_ms integer not null,
  primary key (curve, step)
) strict, without rowid;
insert into curves (run, metric) select distinct run, metric from metrics;
insert into points select curves.id, metrics.step, metrics.value, metrics.at_ms from metrics join curves using (run, metric);
drop table metrics;
create view metrics as select curves.run, curves.metric, points.step, points.value, points.at_ms from curves join points on points.curve = curves.id;
create trigger points_keep before update on points begin select raise(abort, 'metrics are append-only'); end;
