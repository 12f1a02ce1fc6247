"""Keys: every Redis key of a ledger, and the commit script that names them. Nothing else spells a key.

    sealane:meta                    what the ledger is: schema, corridor, synthetic or real, hashes of rules
    sealane:head                    the chain's last sequence and hash, how many commits have written inputs, and up to
                                    which of them was judged
    sealane:log                     the chain: a stream, entry <sequence>-0, of events and what they rest on; the outbox
    sealane:fence                   source -> epoch:offset:commits, where its one writer stands
    sealane:taken                   a short stream: which inputs the last commits wrote, for other writers to read
    sealane:marks                   source -> hash of the line before its offset: tells whether a file is still the same
                                    folder, tab, file -> where that file of it stands
    sealane:hours                   input: set of <hour>:<source>, each hour a source was heard in
    sealane:fixes:<mmsi>:<day>      input: slot -> kept fix
    sealane:statics:<mmsi>:<day>    input: slot -> kept static report
    sealane:reached                 MMSI -> how many commits have changed its reports
    sealane:radios                  cache: MMSI -> what stage 1 says of it, and the count it was made at
    sealane:facts                   input: id -> what a person added: sighting, published count, decision, binding
    sealane:view:<kind>             view: id -> standing object, made again from the inputs at will; "as_of" has no ids
    sealane:revisions               id -> how often its object was revised
    sealane:notified                alert -> what people were told of it last
    sealane:feeds                   source -> how its feed is, told by its run every few seconds; nothing rests on it
    sealane:outbox                  who sends the chain on -> epoch:beat:sequence:holder: its lease, how far it has sent
    sealane:ways                    way out -> how it stands: how much it was told, what it does not take and why
    sealane:notices                 a stream: what was told to whom, why and when; trimmed
    sealane:undelivered             <way>:<sequence> -> what a way would not take, until somebody sends it again
    sealane:next:<...>              what a rebuild makes ready, by the names it will have; nobody else reads it

A ledger lives on one server, not on a cluster: a commit touches many keys at once.
"""

from hashlib import sha256

PREFIX = "sealane:"
META = PREFIX + "meta"
HEAD = PREFIX + "head"
LOG = PREFIX + "log"
FENCE = PREFIX + "fence"
TAKEN = PREFIX + "taken"
MARKS = PREFIX + "marks"
HOURS = PREFIX + "hours"
FIXES = PREFIX + "fixes:"
STATICS = PREFIX + "statics:"
FACTS = PREFIX + "facts"
REACHED = PREFIX + "reached"
RADIOS = PREFIX + "radios"
CACHES = (TAKEN, RADIOS, REACHED)  # what a backup leaves out: who misses it reads the inputs again
VIEW = PREFIX + "view:"
REVISIONS = PREFIX + "revisions"
NOTIFIED = PREFIX + "notified"
FEEDS = PREFIX + "feeds"
OUTBOX = PREFIX + "outbox"
WAYS = PREFIX + "ways"
NOTICES = PREFIX + "notices"
UNDELIVERED = PREFIX + "undelivered"
NEXT = PREFIX + "next:"
AS_OF, CLOCK = "as_of", "clock"  # fields of the view "as_of": when all stands, and how far a live run moved time
NO_CLOCK = "none"
ALL = "all"  # judged: with every input there is

SCHEMA = 1

TAKEN_KEPT = 1_000  # commits whose inputs are named; who is farther behind reads all again
NAMED_AT_MOST = 2_000  # inputs of one commit that are named one by one; a larger one is read as a whole
EVERYTHING = "*"
NOTICES_KEPT = 100_000  # of the log of what was told; what was not taken is kept until it is


def fixes(mmsi: int, day: int) -> str:
    """The kept fixes of one radio on one day (proleptic ordinal, UTC)."""
    return f"{FIXES}{mmsi}:{day}"


def statics(mmsi: int, day: int) -> str:
    """The kept static reports of one radio on one day."""
    return f"{STATICS}{mmsi}:{day}"


def made_ready(key: str) -> str:
    """Where a key is until the commit that puts it in its place."""
    return NEXT + key.removeprefix(PREFIX)


def content(said: tuple[object, ...]) -> str:
    """The slot of a content within its day: a short hash, so that no text of a radio becomes a key."""
    return sha256(repr(said).encode()).hexdigest()[:16]


def view(kind: str) -> str:
    """The standing objects of one kind."""
    return VIEW + kind


# One commit, whole or not at all: every check comes before the first write, because a script is not rolled back; the
# entries go first, because a server can still refuse them (a stream that runs on beyond its head).
# What is judged without inputs that another writer has committed since would be wrong: so `taken` is compared as well.
# What is judged as of earlier than a live run has moved time to would turn it back: so is `clock`.
# Who judges what others have stored says up to which commit; that never goes back, and the head must be as it was.
# Who folds a radio without reports that another writer has committed since would be wrong: its count is compared.
# ARGV: source, fence expected, fence to set, head expected ("sequence:hash"), number of entries,
#       inputs taken expected ("" compares nothing), names of the inputs written here ("" for none),
#       clock expected ("" compares nothing),
#       judged up to which commit ("" leaves it, "all" up to this one), number of radios compared,
#       then for each radio its MMSI and the count expected; for each entry its sequence, hash and body; for each write
#       the number of its words and the words.
COMMIT = f"""
local fence = redis.call('HGET', '{FENCE}', ARGV[1]) or ''
if fence ~= ARGV[2] then return redis.error_reply('FENCED ' .. fence) end
local entries, radios = tonumber(ARGV[5]), tonumber(ARGV[10])
local head = (redis.call('HGET', '{HEAD}', 'sequence') or '0') .. ':' .. (redis.call('HGET', '{HEAD}', 'hash') or '')
local taken = redis.call('HGET', '{HEAD}', 'taken') or '0'
local judged = redis.call('HGET', '{HEAD}', 'judged') or taken
local upto = tonumber(ARGV[9])
if (entries > 0 or upto) and head ~= ARGV[4] then return redis.error_reply('STALE ' .. head) end
if upto and upto < tonumber(judged) then return redis.error_reply('STALE ' .. head) end
if ARGV[6] ~= '' and taken ~= ARGV[6] then return redis.error_reply('STALE ' .. head) end
local clock = redis.call('HGET', '{view(AS_OF)}', '{CLOCK}') or '{NO_CLOCK}'
if ARGV[8] ~= '' and clock ~= ARGV[8] then return redis.error_reply('STALE ' .. head) end
for radio = 0, radios - 1 do
  local at = 11 + 2 * radio
  if (redis.call('HGET', '{REACHED}', ARGV[at]) or '0') ~= ARGV[at + 1] then
    return redis.error_reply('STALE ' .. head)
  end
end
local begin = 11 + 2 * radios
for entry = 0, entries - 1 do
  local first = begin + 3 * entry
  redis.call('XADD', '{LOG}', ARGV[first] .. '-0', 'hash', ARGV[first + 1], 'body', ARGV[first + 2])
  redis.call('HSET', '{HEAD}', 'sequence', ARGV[first], 'hash', ARGV[first + 1])
end
if ARGV[7] ~= '' then
  redis.call('XADD', '{TAKEN}', 'MAXLEN', '~', '{TAKEN_KEPT}', (taken + 1) .. '-0', 'names', ARGV[7])
  redis.call('HSET', '{HEAD}', 'taken', taken + 1, 'judged', judged)
end
if ARGV[9] == '{ALL}' then
  redis.call('HSET', '{HEAD}', 'judged', redis.call('HGET', '{HEAD}', 'taken') or '0')
elseif upto then
  redis.call('HSET', '{HEAD}', 'judged', ARGV[9])
end
local at = begin + 3 * entries
while at <= #ARGV do
  local words = tonumber(ARGV[at])
  redis.call(unpack(ARGV, at + 1, at + words))
  at = at + 1 + words
end
redis.call('HSET', '{FENCE}', ARGV[1], ARGV[3])
return entries
"""
LONGEST_WRITE = 4_000  # words: Lua unpacks fewer than 8,000

# The birth of a ledger: one of those that ask at once wins, and all are answered what it wrote.
# ARGV: names and values of what it is to be.
BIRTH = f"""
if redis.call('DBSIZE') == 0 then redis.call('HSET', '{META}', unpack(ARGV)) end
return redis.call('HGETALL', '{META}')
"""

# Moving the cursor of one who sends the chain on, with what is kept of the sending: whole, or refused if the lease is
# no longer as its holder left it.
# ARGV: name, lease expected ("" for none), lease to set, then for each write the number of its words and the words.
MOVE = f"""
local held = redis.call('HGET', '{OUTBOX}', ARGV[1]) or ''
if held ~= ARGV[2] then return redis.error_reply('FENCED ' .. held) end
local at = 4
while at <= #ARGV do
  local words = tonumber(ARGV[at])
  redis.call(unpack(ARGV, at + 1, at + words))
  at = at + 1 + words
end
redis.call('HSET', '{OUTBOX}', ARGV[1], ARGV[3])
return redis.status_reply('OK')
"""
