import { expect, test } from "vitest";
import { splitCommand } from "./split-command.ts";

test("the command is what can be typed, and nothing more", () => {
  expect(splitCommand("Capture there (why): tcpdump -w a.pcap 'host 10.0.0.1'")).toEqual({
    text: "Capture there (why):",
    command: "tcpdump -w a.pcap 'host 10.0.0.1'",
  });
  expect(
    splitCommand("Capture there: tcpdump -w a.pcap 'port 80'; read `conntrack -S`, or the cloud's errors"),
  ).toEqual({
    text: "Capture there; read `conntrack -S`, or the cloud's errors:",
    command: "tcpdump -w a.pcap 'port 80'",
  });
  expect(splitCommand("On the client: tcpdump -w a.pcap 'port 80'. It shows the port.")).toEqual({
    text: "On the client. It shows the port:",
    command: "tcpdump -w a.pcap 'port 80'",
  });
  expect(splitCommand("On the client: tcpdump -ni any tcp")).toEqual({
    text: "On the client:",
    command: "tcpdump -ni any tcp",
  });
  expect(splitCommand("Nothing to type.")).toEqual({ text: "Nothing to type." });
});
