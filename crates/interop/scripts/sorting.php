<?php
// c-client, as PHP has it, sorts and threads: PORT, address, password. It asks the server where the server can.
[, $port, $address, $password] = $argv;
$imap = imap_open("{127.0.0.1:$port/imap/notls}INBOX", $address, $password) or die(imap_last_error());
function same($got, $want) {
    if ($got != $want) {
        die(json_encode($got) . " instead of " . json_encode($want) . "\n");
    }
}
same(imap_sort($imap, SORTSUBJECT, false, SE_UID | SE_NOPREFETCH), [3, 5, 1, 2, 4]);
same(imap_sort($imap, SORTDATE, true, 0, "SUBJECT lunch"), [2, 4, 1]);
same(imap_sort($imap, SORTFROM, false), [5, 4, 3, 2, 1]);
$threads = imap_thread($imap, SE_UID);
$numbers = array_values(array_filter($threads, fn($key) => str_ends_with($key, ".num"), ARRAY_FILTER_USE_KEY));
same(array_values(array_filter($numbers)), [3, 5, 1, 4, 2]);
imap_close($imap);
echo "is content\n";
