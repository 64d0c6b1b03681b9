-- CalDAV keeps a series in one resource, and says which resource changed, not which occurrence.
alter table calendar_events add column resource_key bytea;
create index calendar_events_resource on calendar_events (calendar_id, resource_key) where resource_key is not null;
