-- How deep somebody in bed breathes, and the pauses that the bed itself has noticed.
ALTER TABLE bed_reports ADD COLUMN breathing_amplitude_pct real;
ALTER TABLE bed_reports ADD COLUMN apnea_s real;
