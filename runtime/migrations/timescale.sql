-- Run after the migrations wherever TimescaleDB is available (runtime/timescale.py), every time, so each statement may
-- be repeated. One chunk a day: a day of 1,500 bracelets and 2,000 beds is a few million rows.
CREATE EXTENSION IF NOT EXISTS timescaledb;
SELECT create_hypertable('locations', by_range('at', INTERVAL '1 day'), if_not_exists => true, migrate_data => true);
SELECT create_hypertable('bed_reports', by_range('at', INTERVAL '1 day'), if_not_exists => true, migrate_data => true);
SELECT create_hypertable('heartbeats', by_range('at', INTERVAL '1 day'), if_not_exists => true, migrate_data => true);
