-- What a sealed artefact's files were when their worker sealed them. `artefact` is a path from the workspace's folder, `file` one
-- from the artefact's, '.' where it is one file itself. Artefacts sealed before this table have no rows until doctor --fix adds them.
create table sealed_files (
  artefact text not null,
  file text not null,
  bytes integer not null check (bytes >= 0),
  sha256 text not null check (length(sha256) = 64),
  primary key (artefact, file)
) strict, without rowid;
