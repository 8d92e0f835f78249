-- What the tests query: a small shop, and everything by which a query could change something.

create extension dblink;
create extension tablefunc;

create type state as enum ('open', 'sent');

create table customers (
  id integer primary key,
  name text not null,
  note text
);
comment on table customers is 'who buys';
comment on column customers.note is 'whatever else is known';

create table orders (
  id serial primary key,
  customer_id integer not null references customers,
  total numeric(10, 2) not null,
  state state not null default 'open',
  placed_at timestamptz not null
);

create view open_orders as select * from orders where state = 'open';
create materialized view sales as select customer_id, sum(total) from orders group by customer_id;

insert into customers values (1, 'Ada', null), (2, 'Bo | "B"', E'two\nlines');
insert into orders (customer_id, total, state, placed_at) values
  (1, 10.50, 'open', '2026-01-02 03:04:05+00'), (2, 0.10, 'sent', '2026-01-03 03:04:05+00');

create function total_of(customer integer) returns numeric language sql stable
  as 'select sum(total) from orders where customer_id = customer';
create function add_order() returns integer language plpgsql volatile as $$
begin
  insert into orders (customer_id, total, placed_at) values (1, 1, now());
  return 1;
end $$;
create function raise_secret() returns void language plpgsql volatile as $$
begin
  raise notice 'noticed' using hint = 'seen';
end $$;
create procedure close_orders() language sql as 'update orders set state = ''sent''';
create function on_order() returns trigger language plpgsql as 'begin return new; end';

create schema back_office;
create table back_office.salaries (name text, amount integer);
insert into back_office.salaries values ('Ada', 100);

-- More than can be told at once.
create schema wide;
select format('create table wide.table_%s (%s)', t, string_agg('a_rather_long_name_' || c || ' integer', ', '))
  from generate_series(1, 4) t, generate_series(1, 300) c group by t \gexec

select lo_from_bytea(4242, 'large');

create role reader login password 'hunter2-database';
grant usage on schema public to reader;
grant select on customers to reader;
create role quick login superuser password 'hunter2-database';
alter role quick set default_transaction_read_only = off;
alter role quick set standard_conforming_strings = off;
alter role quick set statement_timeout = 0;

-- Each for one test, which looks for sessions of theirs.
create role leaving login superuser password 'hunter2-database';
create role waiting login superuser password 'hunter2-database';
