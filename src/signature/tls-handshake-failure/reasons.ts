import { alertName } from "../../session/tls/names.ts";

/**
 * Why handshakes fail, by the alert on the wire (RFC 8446 §6.2, RFC 5246 §7.2.2) and by what programs write. Words
 * measured with Go 1.19, Node 20 and 24, Python 3.11, Java 17, curl 7.88, nginx 1.22, HAProxy 2.6, OpenSSL 3.0 and 3.5.
 */
export interface Reason {
  readonly variant: string;
  /** Alert descriptions that say it. */
  readonly alerts: readonly number[];
  /** What a program says of it, its own verdict or the alert's name. */
  readonly words: RegExp;
  /** What is wrong, a clause. */
  readonly says: string;
}

/** The more specific first: a text is given to the first whose words it has. */
export const REASONS: readonly Reason[] = [
  {
    variant: "certificate-expired",
    alerts: [45],
    words:
      /certificate has expired|certificate[ _]expired|expired certificate|CERT_HAS_EXPIRED|CertificateExpiredException|CertificateExpiredException: NotAfter|certificate is not yet valid|CERT_NOT_YET_VALID|CertificateNotYetValidException/i,
    says: "the certificate has expired (or is not valid yet)",
  },
  {
    variant: "certificate-name",
    alerts: [],
    words:
      /hostname mismatch|ip address mismatch|hostname\/IP does not match|ERR_TLS_CERT_ALTNAME_INVALID|no alternative certificate subject name matches|certificate subject name .{0,200} does not match|x509: certificate is (?:valid for|not valid for any names)|x509: cannot validate certificate for|No subject alternative|No name matching .{1,200} found|doesn't match (?:either of )?'/i,
    says: "the certificate is not for the name that was asked for",
  },
  {
    variant: "client-certificate-required",
    alerts: [116],
    words:
      /didn't provide a certificate|certificate[ _]required|peer did not return a certificate|PEER_DID_NOT_RETURN_A_CERTIFICATE|Empty (?:client|server) certificate chain|client sent no required SSL certificate|\bnull cert chain/i,
    says: "the server wants a client certificate and got none",
  },
  {
    variant: "unknown-ca",
    alerts: [48],
    words:
      /unknown[ _]ca\b|signed by unknown authority|unknown certificate authority|self[- ]signed certificate|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|unable to get (?:local )?issuer certificate|unable to verify the first certificate|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT|PKIX path (?:building|validation) failed|unable to find valid certification path/i,
    says: "the certificate is signed by an authority that is not trusted (or an intermediate is missing)",
  },
  {
    variant: "protocol-version",
    alerts: [70, 86],
    words:
      /(?:tlsv1|tls|alert)[ _:,]+(?:alert )?protocol[ _]version|protocol version not supported|client offered only unsupported versions|server selected unsupported protocol version|SSL routines:[\w:]{0,60}:unsupported protocol|(?:[(:] ?|_)unsupported[ _]protocol\b|No appropriate protocol|Client requested protocol .{1,40} is not enabled|no protocols available|version[ _]too[ _]low|inappropriate[ _]fallback|UNSUPPORTED_PROTOCOL/i,
    says: "no protocol version suits both ends",
  },
  {
    variant: "no-shared-cipher",
    alerts: [71],
    words:
      /no[ _]shared[ _]cipher|no cipher suite supported by both|no cipher suites in common|no suitable (?:signature algorithm|key share)|insufficient[ _]security|no supported (?:curves|versions)|dh[ _]key[ _]too[ _]small|unsafe legacy renegotiation disabled/i,
    says: "the ends share no cipher suite, group or signature algorithm",
  },
  {
    variant: "server-name",
    alerts: [112],
    words: /unrecognized[ _]name|handshake rejected while SSL handshaking/i,
    says: "the server has nothing under the name that the client sent (SNI)",
  },
  {
    variant: "application-protocol",
    alerts: [120],
    words: /no[ _]application[ _]protocol|requested unsupported application protocols/i,
    says: "the ends share no application protocol (ALPN)",
  },
  {
    variant: "certificate-refused",
    alerts: [42, 43, 44, 46, 49, 51],
    words:
      /bad[ _]certificate|unsupported[ _]certificate|certificate[ _]revoked|revoked certificate|certificate[ _]unknown\b|unknown[ _]certificate\b|access[ _]denied|decrypt[ _]error|error decrypting message|certificate verify failed|CERTIFICATE_VERIFY_FAILED|SSL certificate problem|certificate verify error|ee key too small|ca md too weak|failed to verify certificate|SSL certificate verify result/i,
    says: "one end did not accept the other's certificate",
  },
  {
    variant: "handshake-failure",
    alerts: [40],
    words:
      /(?:ssl|tls)[ _v0-9/]{0,10}(?:: )?(?:alert )?handshake[ _]failure|fatal alert: handshake_failure|remote error: tls: handshake failure/i,
    says: "the ends found no common parameters (handshake_failure: cipher suite, group, signature algorithm, or a missing client certificate)",
  },
];

/** What is said where an alert has no reason of its own. */
export const OTHER: Reason = {
  variant: "alert",
  alerts: [],
  words: /SSL alert number \d|received fatal alert: |remote error: tls: |TLS alert, /i,
  says: "an alert ended the handshake",
};

/** `certificate_expired (45)`. */
export const printAlert = (description: number): string => `${alertName(description)} (${description})`;

/** close_notify, user_canceled and no_renegotiation end no handshake by themselves (RFC 8446 §6.1, RFC 5246 §7.2.2); 41 is a warning of SSL 3. */
const HARMLESS: readonly number[] = [0, 41, 90, 100];

export const isFailure = (description: number): boolean => !HARMLESS.includes(description);

export const reasonOfAlert = (description: number): Reason =>
  REASONS.find((reason) => reason.alerts.includes(description)) ?? OTHER;
