-- What a data set's folder looked like (paths, sizes, modification times, options) when it was last read whole.
alter table datasets add column listing text;
