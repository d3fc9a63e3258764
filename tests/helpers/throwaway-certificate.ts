/** A key and a self-signed certificate, made for one test and kept nowhere: as the lab's servers have them. */
export { certificate as throwawayCertificate } from "../../src/lab/certificate.ts";
