# Ruby's net-imap sorts and threads: PORT, address, password, UIDs by subject as sorting_clients.py left them.
require "net/imap"

port, address, password = ARGV
imap = Net::IMAP.new("127.0.0.1", port: Integer(port))
imap.login(address, password)
imap.select("INBOX")

def same(got, want)
  raise "#{got.inspect} instead of #{want.inspect}" unless got == want
end

same(imap.uid_sort(["SUBJECT"], ["ALL"], "UTF-8"), [3, 5, 1, 2, 4])
same(imap.sort(["REVERSE", "DATE"], ["SUBJECT", "lunch"], "US-ASCII"), [2, 4, 1])
shape = lambda { |member| [member.seqno, member.children.map(&shape)] }
threads = imap.thread("REFERENCES", ["ALL"], "UTF-8")
same(threads.map(&shape), [[3, []], [5, []], [1, [[4, []], [2, []]]]])
imap.logout
puts "is content"
