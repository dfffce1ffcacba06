-- What a network costs for one face, measured once: a teacher's by the checksum of its files, a combiner's or student's by its run's key.
create table network_costs (
  id text primary key not null check (id glob 'teacher:*' or id glob 'run:*'),
  cost text not null check (json_valid(cost)),
  measured_at_ms integer not null
) strict, without rowid;
