/**
 * The survey: every TCP flow of a capture in one pass.
 *
 * This is the one hot loop of the project. It works on the bytes of a batch through a single
 * DataView, keeps a flow in a row of typed-array slots (layout.ts) and allocates nothing for a
 * packet; only rare things (a new flow, a SYN, a RST, a packet in an unusual envelope) leave the loop
 * for a method. Its rules are Wireshark's (User's Guide §7.5) so that both name the same packets;
 * `tcp-observer.ts` says the same in plain objects and is the oracle of its tests.
 *
 * Measured while written: one row a flow beats one array a field (cache misses dominate), a
 * monolithic loop beats calls that carry doubles (each would be boxed), 256 KiB batches beat
 * larger ones. It is long because it may not be cut: see docs/decisions.
 */
import type { PacketBatch } from "../capture/batch.ts";
import type { Problem } from "../net/problem.ts";
import * as F from "../net/tcp-flags.ts";
import * as W from "../wire/locate.ts";
import * as E from "./events.ts";
import { FlowTable, keyHash } from "./flow-table.ts";
import * as L from "./layout.ts";
import { takeClosing, takeHeaderless } from "./survey-closing.ts";
import { countUnanswered, isGatewayError, noteForeignAck, noteIcmpError, noteRepetition } from "./survey-events.ts";
import { openFlow, takeSyn } from "./survey-opening.ts";
import { hasFarewellFrame, isPlainAlert, noteFirstPayload } from "./survey-speech.ts";

// The numbers of the layout as constants of this module: measured a quarter faster in the loop than reading imports.
const { C_SYN_TIME, D_BASE, D_BYTES, D_CONTIGUOUS, D_DUPLICATES, D_FINGERPRINT, D_FLAGS, D_LAST_ACK, D_LAST_PACKET, D_LAST_TIME, D_NEXT, D_NEXT_TIME, D_PACKETS, D_WINDOW, DF_ACK, DF_BASE, DF_CONTIGUOUS, DF_DATA, DF_FIN, DF_LAST_KEEPALIVE, DF_LAST_PROBE, DF_LAST_SYN, DF_NEXT, DF_RST, DF_SCALE_KNOWN, DF_SCALE_SHIFT, DF_TTL, DIR_A, DIR_B, FL_A_IS_HIGH, FL_ESTABLISHED, FL_HTTP2, FL_SUSPECT, FL_SYN_A, FL_SYN_ACK, FL_SYN_B, H_FIRST_PACKET, H_FIRST_RTT, H_FIRST_TIME, H_FLAGS, H_HIGH, H_LAST_PACKET, H_LOW, H_PORTS, H_SILENCE, H_SILENCE_PACKET, PAGE_BITS, PAGE_MASK, ROW_SLOTS } = L;
const { EV_ACKED_UNSEEN, EV_DUPLICATE_ACK, EV_FAST_RETRANSMISSION, EV_FINGERPRINT_CHANGE, EV_KEEPALIVE, EV_KEEPALIVE_ACK, EV_LOST_SEGMENT, EV_OUT_OF_ORDER, EV_RETRANSMISSION, EV_SPURIOUS_RETRANSMISSION, EV_WINDOW_FULL, EV_WINDOW_UPDATE, EV_ZERO_WINDOW, EV_ZERO_WINDOW_PROBE, EV_ZERO_WINDOW_PROBE_ACK } = E;
const { ACK, FIN, RST, SYN } = F;
const { LOC_END, LOC_IP_ID, LOC_IP_OFFSET, LOC_IP_VERSION, LOC_TCP_LENGTH, LOC_TCP_OFFSET, LOC_TTL, LOCATED_ICMP_ERROR, LOCATED_TCP } = W;

/** A retransmission this soon after the third duplicate ACK is a fast one (Wireshark's 20 ms). */
const FAST_WINDOW = 20e6;
/** Out of order, not repeated, when it comes this soon after the highest byte and no round trip is known (Wireshark's 3 ms). */
const REORDER_WINDOW = 3e6;
/** An acknowledgment further than this from anything its receiver sent belongs to another connection. */
const FOREIGN_DISTANCE = 1 << 22;
/** After this long without a packet an answer is looked at: a proxy that gave up on its server says 504. */
const LONG_THINKING = 2e9;

/** What a survey counted besides its flows. */
export interface SurveyTotals {
  /** Packets of any kind. */
  readonly packets: number;
  /** Packets with a TCP segment. */
  readonly tcpPackets: number;
  /** ICMP errors that quote a TCP segment. */
  readonly icmpErrors: number;
  /** Payload bytes as the headers say. */
  readonly bytes: number;
  readonly problems: readonly Problem[];
}

/** Surveys batches in order; afterwards `table` holds every flow. Pure: no clock, no input of its own. */
export class Survey {
  readonly table: FlowTable = new FlowTable();
  readonly #locator = new W.Locator();
  #packets = 0;
  #tcpPackets = 0;
  #icmpErrors = 0;

  /** What was counted so far. */
  totals(): SurveyTotals {
    let bytes = 0;
    for (let row = 0; row < this.table.rows; row++) {
      const doubles = this.table.doublePage(row);
      const half = this.table.base(row) / 2;
      bytes += (doubles[half + (DIR_A + D_BYTES) / 2] ?? 0) + (doubles[half + (DIR_B + D_BYTES) / 2] ?? 0);
    }
    return {
      packets: this.#packets,
      tcpPackets: this.#tcpPackets,
      icmpErrors: this.#icmpErrors,
      bytes,
      problems: this.#locator.problems(),
    };
  }

  /** Takes a batch in. The batch's arrays are free again when this returns. */
  observe(batch: PacketBatch): void {
    const table = this.table;
    const pages = table.pages;
    const doublePages = table.doubles;
    const locator = this.#locator;
    const out = locator.out;
    const { count, firstNumber, offset, captured, wireLength, time, linkType } = batch;
    let tcpPackets = 0;
    let index4 = table.index4;
    let mask4 = (index4.length >> 1) - 1;

    for (let i = 0; i < count; i++) {
      let view = batch.view;
      const start = offset[i] as number;
      const length = captured[i] as number;
      const packet = firstNumber + i;
      let ipv6 = false;
      let ip = 0;
      let tcp = 0;
      let tcpLength = 0;
      let end = 0;
      let ttl = 0;
      let ipId = 0;
      let quick = false;

      // The common envelopes, read in place: Ethernet with IPv4 without options or fragments, or plain IPv6.
      if (linkType[i] === 1 && length >= 54) {
        const etherType = view.getUint16(start + 12);
        if (etherType === 0x0800) {
          const total = view.getUint16(start + 16);
          if (
            view.getUint8(start + 14) === 0x45 &&
            (view.getUint16(start + 20) & 0x3fff) === 0 &&
            view.getUint8(start + 23) === 6 &&
            total >= 40 &&
            total + 14 <= (wireLength[i] as number)
          ) {
            quick = true;
            ip = start + 14;
            tcp = start + 34;
            tcpLength = total - 20;
            ttl = view.getUint8(start + 22);
            ipId = view.getUint16(start + 18);
            end = start + (length < total + 14 ? length : total + 14);
          }
        } else if (etherType === 0x86dd && length >= 74) {
          const payload = view.getUint16(start + 18);
          if (
            view.getUint8(start + 20) === 6 &&
            view.getUint8(start + 14) >> 4 === 6 &&
            payload >= 20 &&
            payload + 54 <= (wireLength[i] as number)
          ) {
            quick = true;
            ipv6 = true;
            ip = start + 14;
            tcp = start + 54;
            tcpLength = payload;
            ttl = view.getUint8(start + 21);
            ipId = -1;
            end = start + (length < payload + 54 ? length : payload + 54);
          }
        }
      }
      if (!quick) {
        const kind = locator.locate(view, batch.bytes, start, length, wireLength[i] as number, linkType[i] as number, packet);
        if (kind !== LOCATED_TCP) {
          if (kind === LOCATED_ICMP_ERROR) {
            this.#icmpErrors++;
            noteIcmpError(table, locator.view, out, packet);
            // The quoted flow may be a new one, and the index larger now.
            index4 = table.index4;
            mask4 = (index4.length >> 1) - 1;
          }
          continue;
        }
        view = locator.view;
        ipv6 = out[LOC_IP_VERSION] === 6;
        ip = out[LOC_IP_OFFSET] as number;
        tcp = out[LOC_TCP_OFFSET] as number;
        tcpLength = out[LOC_TCP_LENGTH] as number;
        end = out[LOC_END] as number;
        ttl = out[LOC_TTL] as number;
        ipId = out[LOC_IP_ID] as number;
      }
      tcpPackets++;

      // Whose packet is it? The key is direction-free; `fromHigh` remembers which end sent it.
      let low = 0;
      let high = 0;
      if (ipv6) {
        low = table.intern(view, ip + 8);
        high = table.intern(view, ip + 24);
      } else {
        low = view.getInt32(ip + 12);
        high = view.getInt32(ip + 16);
      }
      let ports = view.getInt32(tcp);
      let fromHigh = false;
      if (low > high || (low === high && ports >>> 16 > (ports & 0xffff))) {
        const swap = low;
        low = high;
        high = swap;
        ports = (ports << 16) | (ports >>> 16);
        fromHigh = true;
      }
      const hash = keyHash(low, high, ports);
      const index = ipv6 ? table.index6 : index4;
      const mask = ipv6 ? (index.length >> 1) - 1 : mask4;
      let slot = (hash & mask) << 1;
      let row = -1;
      let page = pages[0] as Int32Array;
      let base = 0;
      for (;;) {
        const entry = index[slot + 1] as number;
        if (entry === 0) break;
        if (index[slot] === hash) {
          row = entry - 1;
          page = pages[row >> PAGE_BITS] as Int32Array;
          base = (row & PAGE_MASK) * ROW_SLOTS;
          if (page[base + H_LOW] === low && page[base + H_HIGH] === high && page[base + H_PORTS] === ports) break;
          row = -1;
        }
        slot = (slot + 2) & ((mask << 1) | 1);
      }
      if (row < 0) {
        row = openFlow(table, ipv6, low, high, ports, fromHigh);
        index4 = table.index4;
        mask4 = (index4.length >> 1) - 1;
        page = pages[row >> PAGE_BITS] as Int32Array;
        base = (row & PAGE_MASK) * ROW_SLOTS;
      }

      // A header cut before its flags can only be counted.
      if (end - tcp < 16) {
        takeHeaderless(table, row, fromHigh, packet, time[i] as number, 0);
        continue;
      }
      const seq = view.getInt32(tcp + 4);
      const ack = view.getInt32(tcp + 8);
      const word = view.getInt32(tcp + 12);
      const header = (word >>> 28) << 2;
      const flags = (word >>> 16) & 0xff;
      const window = word & 0xffff;
      const segment = tcpLength > header ? tcpLength - header : 0;
      const now = time[i] as number;
      if (header < 20) {
        // A header length that cannot be: the packet counts, its numbers and flags are not believed.
        takeHeaderless(table, row, fromHigh, packet, now, segment);
        continue;
      }

      if ((flags & SYN) !== 0) {
        row = takeSyn(table, row, fromHigh, flags, seq, packet, now, view, tcp, header, end);
        page = pages[row >> PAGE_BITS] as Int32Array;
        base = (row & PAGE_MASK) * ROW_SLOTS;
      }
      const doubles = doublePages[row >> PAGE_BITS] as Float64Array;
      let rowFlags = page[base + H_FLAGS] as number;
      const fromB = fromHigh !== ((rowFlags & FL_A_IS_HIGH) !== 0);
      const f = base + (fromB ? DIR_B : DIR_A);
      const r = base + (fromB ? DIR_A : DIR_B);
      let mine = page[f + D_FLAGS] as number;
      const theirs = page[r + D_FLAGS] as number;

      // Silence since either side last spoke; the packet's place in the flow.
      const lastMine = doubles[(f + D_LAST_TIME) >> 1] as number;
      const lastTheirs = doubles[(r + D_LAST_TIME) >> 1] as number;
      if (page[base + H_FIRST_PACKET] === 0) {
        page[base + H_FIRST_PACKET] = packet;
        doubles[(base + H_FIRST_TIME) >> 1] = now;
      } else {
        const silence = now - (lastMine > lastTheirs || (theirs & DF_TTL) === 0 ? lastMine : lastTheirs);
        if (silence > LONG_THINKING && segment >= 12 && end - tcp >= header + 12 && isGatewayError(view, tcp + header)) {
          rowFlags |= FL_SUSPECT;
        }
        if (silence > (doubles[(base + H_SILENCE) >> 1] as number)) {
          doubles[(base + H_SILENCE) >> 1] = silence;
          page[base + H_SILENCE_PACKET] = packet;
        }
      }
      page[base + H_LAST_PACKET] = packet;

      if ((mine & DF_BASE) === 0) {
        page[f + D_BASE] = (flags & SYN) !== 0 ? seq : (seq - 1) | 0;
        mine |= DF_BASE;
      }
      let next = page[f + D_NEXT] as number;
      const hasNext = (mine & DF_NEXT) !== 0;
      const advance = hasNext ? (seq - next) | 0 : 0;
      const theirLastAck = page[r + D_LAST_ACK] as number;
      const myLastAck = page[f + D_LAST_ACK] as number;
      const myWindow = page[f + D_WINDOW] as number;
      const sfr = flags & (SYN | FIN | RST);
      let remembered = 0;
      let sameAck = false;

      analyse: {
        // Zero window probe: one byte at the next number into a closed window.
        if (segment === 1 && advance === 0 && hasNext && page[r + D_WINDOW] === 0) {
          table.note(row, EV_ZERO_WINDOW_PROBE, packet, fromB, 0);
          remembered = DF_LAST_PROBE;
          break analyse;
        }
        if (window === 0 && sfr === 0) table.note(row, EV_ZERO_WINDOW, packet, fromB, 0);
        if (advance > 0 && hasNext && (flags & RST) === 0) table.note(row, EV_LOST_SEGMENT, packet, fromB, advance);
        if (sfr === 0) {
          if (segment <= 1) {
            // Keepalive: at most one byte, one before the next number.
            if (advance === -1 && hasNext) {
              table.note(row, EV_KEEPALIVE, packet, fromB, 0);
              countUnanswered(page, base, fromB);
              remembered = DF_LAST_KEEPALIVE;
            }
          }
          if (segment === 0) {
            if (advance === 0 && hasNext && ack === myLastAck && (mine & DF_ACK) !== 0) {
              sameAck = true;
              if (window === 0) {
                if (myWindow === 0 && (theirs & DF_LAST_PROBE) !== 0) {
                  table.note(row, EV_ZERO_WINDOW_PROBE_ACK, packet, fromB, 0);
                }
              } else if (window !== myWindow) {
                table.note(row, EV_WINDOW_UPDATE, packet, fromB, window);
              } else if ((theirs & DF_LAST_KEEPALIVE) !== 0) {
                table.note(row, EV_KEEPALIVE_ACK, packet, fromB, 0);
              } else {
                page[f + D_DUPLICATES] = (page[f + D_DUPLICATES] as number) + 1;
                table.note(row, EV_DUPLICATE_ACK, packet, fromB, 0);
              }
            }
          } else if ((theirs & DF_SCALE_KNOWN) !== 0 && (theirs & DF_ACK) !== 0) {
            // Window full: the segment ends exactly where the other side's window does.
            const scale = (theirs & DF_LAST_SYN) !== 0 ? 0 : theirs >>> DF_SCALE_SHIFT;
            const edge = (theirLastAck + ((page[r + D_WINDOW] as number) << scale)) | 0;
            if (((seq + segment) | 0) === edge) table.note(row, EV_WINDOW_FULL, packet, fromB, 0);
          }
        }
      }
      if (!sameAck && ack !== myLastAck) page[f + D_DUPLICATES] = 0;

      if ((flags & ACK) !== 0) {
        if ((theirs & DF_CONTIGUOUS) !== 0) {
          // The same number again is told again only when something new came, or by a packet that repeats data.
          if ((ack !== myLastAck || advance < 0 && segment > 0 || (doubles[(r + D_NEXT_TIME) >> 1] as number) > lastMine) && ((ack - (page[r + D_CONTIGUOUS] as number)) | 0) > 0) {
            table.note(row, EV_ACKED_UNSEEN, packet, fromB, 0);
            page[r + D_CONTIGUOUS] = page[r + D_NEXT] as number;
          }
          const ahead = (ack - (page[r + D_NEXT] as number)) | 0;
          if (ahead > FOREIGN_DISTANCE || ahead < -FOREIGN_DISTANCE || ((flags & (SYN | RST)) === 0 && ahead !== 0 && (theirs & DF_LAST_SYN) !== 0 && (theirs & DF_DATA) === 0)) {
            rowFlags = noteForeignAck(table, row, packet, fromB, ack, rowFlags, (flags & (SYN | RST)) === 0 && segment === 0);
          }
        }
      }

      if (segment > 0 || (flags & (SYN | FIN)) !== 0) {
        // New data after the close, or a repetition: only where the number is known already.
        if (remembered === 0 && hasNext) {
          if (segment > 0 && theirLastAck !== 0 && (theirs & DF_ACK) !== 0 && ((seq + segment - theirLastAck) | 0) <= 0) {
            noteRepetition(table, row, EV_SPURIOUS_RETRANSMISSION, packet, fromB, page, base, now - lastMine, ipId, ipv6);
          } else if (advance < 0 && !(segment > 1 && advance === -1)) {
            let kind = EV_RETRANSMISSION;
            if (
              (page[r + D_DUPLICATES] as number) >= 2 &&
              theirLastAck === seq &&
              now - lastTheirs < FAST_WINDOW
            ) {
              kind = EV_FAST_RETRANSMISSION;
            } else {
              const rtt = doubles[(base + H_FIRST_RTT) >> 1] as number;
              if (
                now - (doubles[(f + D_NEXT_TIME) >> 1] as number) < (rtt > 0 ? rtt : REORDER_WINDOW) &&
                ((seq + segment - (page[f + D_CONTIGUOUS] as number)) | 0) > 0
              ) {
                kind = EV_OUT_OF_ORDER;
              }
            }
            noteRepetition(table, row, kind, packet, fromB, page, base, now - lastMine, ipId, ipv6);
          }
        }
        if (segment > 0) {
          const payload = tcp + header;
          if ((mine & DF_DATA) === 0) rowFlags = noteFirstPayload(page, base, fromB, view, payload, end, rowFlags);
          else if (segment === 7 && end - payload === 7 && isPlainAlert(view, payload)) rowFlags |= FL_SUSPECT;
          if ((rowFlags & FL_HTTP2) !== 0 && hasFarewellFrame(view, payload, end)) rowFlags |= FL_SUSPECT;
          mine |= DF_DATA;
          doubles[(f + D_BYTES) >> 1] = (doubles[(f + D_BYTES) >> 1] as number) + segment;
        }
      }
      // The server closes while the client's last bytes have no answer: a request may be dropped with the connection.
      if ((flags & FIN) !== 0 && segment === 0 && (mine & DF_FIN) === 0 && (theirs & (DF_DATA | DF_FIN)) === DF_DATA) {
        const asked = rowFlags & (FL_SYN_A | FL_SYN_B);
        const fromServer = asked !== 0 ? asked === (fromB ? FL_SYN_A : FL_SYN_B) : fromHigh === ports >>> 16 > (ports & 0xffff);
        const spokeLast = (doubles[(r + D_NEXT_TIME) >> 1] as number) > (doubles[(f + D_NEXT_TIME) >> 1] as number);
        if (fromServer && spokeLast) rowFlags |= FL_SUSPECT;
      }
      if (remembered !== DF_LAST_PROBE) {
        let last = (seq + segment) | 0;
        if ((flags & (SYN | FIN)) !== 0) last = (last + 1) | 0;
        // A SYN restores the numbering: a RST before it may have carried a foreign number (RFC 9293 §3.10.7.3).
        if (!hasNext || ((last - next) | 0) > 0 || (flags & (SYN | ACK)) === SYN) {
          page[f + D_NEXT] = last;
          doubles[(f + D_NEXT_TIME) >> 1] = now;
          mine |= DF_NEXT;
          next = last;
        }
        if ((mine & DF_CONTIGUOUS) === 0 || seq === page[f + D_CONTIGUOUS]) {
          page[f + D_CONTIGUOUS] = next;
          mine |= DF_CONTIGUOUS;
        }
      }

      // The first round trip as this vantage point sees it: SYN to the ACK that completes the handshake.
      if ((rowFlags & FL_ESTABLISHED) === 0 && (flags & (SYN | ACK | RST)) === ACK) {
        if ((rowFlags & FL_SYN_ACK) !== 0 && seq === (((page[f + D_BASE] as number) + 1) | 0)) {
          doubles[(base + H_FIRST_RTT) >> 1] = now - (doubles[(base + C_SYN_TIME) >> 1] as number);
          rowFlags |= FL_ESTABLISHED;
        } else if (((mine & theirs) & DF_DATA) !== 0) {
          rowFlags |= FL_ESTABLISHED;
        }
      }

      // Fingerprint: a TTL that changes within a direction was written by somebody else.
      let print = page[f + D_FINGERPRINT] as number;
      if ((mine & DF_TTL) === 0) {
        print = ttl;
        mine |= DF_TTL;
      } else if (((print >>> 8) & 0xff) !== ttl) {
        table.note(row, EV_FINGERPRINT_CHANGE, packet, fromB, ttl);
      }
      page[f + D_FINGERPRINT] = (print & 0xff) | (ttl << 8) | (ipId << 16);

      page[f + D_PACKETS] = (page[f + D_PACKETS] as number) + 1;
      page[f + D_WINDOW] = window;
      page[f + D_LAST_ACK] = ack;
      page[f + D_LAST_PACKET] = packet;
      doubles[(f + D_LAST_TIME) >> 1] = now;
      page[f + D_FLAGS] =
        (mine & ~(DF_LAST_KEEPALIVE | DF_LAST_PROBE | DF_LAST_SYN)) |
        remembered |
        ((flags & ACK) !== 0 ? DF_ACK : 0) |
        ((flags & SYN) !== 0 ? DF_LAST_SYN : 0);
      page[base + H_FLAGS] = rowFlags;
      if ((flags & (FIN | RST)) !== 0 || (segment > 0 && ((mine & DF_FIN) | (theirs & (DF_FIN | DF_RST))) !== 0)) {
        takeClosing(table, row, fromB, flags, seq, segment, advance, packet);
      }
    }
    this.#tcpPackets += tcpPackets;
    this.#packets += count;
  }
}
