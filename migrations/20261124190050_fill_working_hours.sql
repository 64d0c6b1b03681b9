-- In a transaction of its own, after the trigger is there: nobody waits for it but who changes the same row. Most people keep the usual hours.
update users set work_week = kairos_work_week(work_starts_minute, work_ends_minute, work_weekdays)
where work_week <> kairos_work_week(work_starts_minute, work_ends_minute, work_weekdays);
