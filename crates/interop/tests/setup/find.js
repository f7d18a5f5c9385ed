// Runs in Thunderbird: has its own account set-up find the settings of an address, and gives what it found.
const [root, domain, address] = arguments;
(async () => {
  const certificates = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
  certificates.addCertFromBase64(root, "CT,,");
  const { FindConfig } = ChromeUtils.importESModule("resource:///modules/accountcreation/FindConfig.sys.mjs");
  const { AccountConfig } = ChromeUtils.importESModule("resource:///modules/accountcreation/AccountConfig.sys.mjs");
  const finding = FindConfig.parallelAutoDiscovery(domain, address, new AbortController().signal, "");
  const found = (await finding.next()).value;
  if (!found) {
    done({ source: "nothing was found" });
    return;
  }
  AccountConfig.replaceVariables(found, "Ana", address, "");
  const server = one => [one.type, one.hostname, one.port, one.socketType, one.username, one.auth];
  done({
    source: found.source,
    from: found.subSource,
    incoming: [found.incoming, ...found.incomingAlternatives].map(server),
    outgoing: [found.outgoing, ...found.outgoingAlternatives].map(server),
  });
})().catch(error => done({ source: String(error) }));
