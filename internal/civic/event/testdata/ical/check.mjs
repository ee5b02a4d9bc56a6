// Reads a calendar from the standard input with ical.js, and writes what it says
// of each meeting, as JSON; times in seconds since 1970.
import ICAL from "ical.js";
import { readFileSync } from "node:fs";

const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
const zones = calendar.getAllSubcomponents("vtimezone");
for (const z of zones) ICAL.TimezoneService.register(z);
const events = calendar.getAllSubcomponents("vevent").map((v) => {
  const e = new ICAL.Event(v);
  return {
    uid: e.uid, summary: e.summary, location: e.location ?? "", start: e.startDate.toUnixTime(), end: e.endDate.toUnixTime(), zone: e.startDate.zone.tzid,
    hour: e.startDate.hour, sequence: e.sequence ?? 0, status: v.getFirstPropertyValue("status"), modified: v.getFirstPropertyValue("last-modified").toUnixTime(),
    description: e.description ?? "",
  };
});
console.log(JSON.stringify({ zones: zones.length, refresh: calendar.getFirstPropertyValue("refresh-interval")?.toString(), events }));
