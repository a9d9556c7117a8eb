-- Every stage; several messages on one connection; an abort; a null sender; an empty body.
dofile(here .. "/common.lua")

run(function()
  local c = opened()
  need("negotiation", mt.negotiate(c, nil, nil, nil))
  expect("recipients are answered", false, mt.test_option(c, SMFIP_NR_RCPT))
  for name, option in pairs({connect = SMFIP_NR_CONN, helo = SMFIP_NR_HELO, mail = SMFIP_NR_MAIL,
      data = SMFIP_NR_DATA, header = SMFIP_NR_HDR, eoh = SMFIP_NR_EOH, body = SMFIP_NR_BODY,
      space = SMFIP_HDR_LEADSPC, unknown = SMFIP_NOUNKNOWN}) do
    expect(name .. " costs no round trip", true, mt.test_option(c, option))
  end
  for _, action in ipairs({SMFIF_ADDHDRS, SMFIF_CHGHDRS, SMFIF_CHGBODY, SMFIF_DELRCPT}) do
    expect("action", true, mt.test_action(c, action))
  end
  greeted(c)
  expect("first", SMFIR_ACCEPT, message(c, "ID1", "pass", "one\r\n"))

  -- An abort in the middle of the next one, then a good one.
  envelope(c, "ID2", "x@oakfield.example", "y@post.example")
  need("header", mt.header(c, "Subject", "aborted"))
  need("abort", mt.abort(c))
  expect("after the abort", SMFIR_ACCEPT, message(c, "ID3", "pass", "three\r\n"))

  -- A null sender, a folded field, no body.
  envelope(c, "ID4", "", "y@post.example")
  header(c, "Subject", "pass", "X-Folded", "one\n\ttwo")
  need("empty body", mt.bodystring(c, ""))
  need("end of message", mt.eom(c))
  expect("null sender, no body", SMFIR_ACCEPT, mt.getreply(c))

  -- A body of several chunks.
  envelope(c, "ID5", "a@oakfield.example", "y@post.example")
  header(c, "Subject", "pass")
  for _ = 1, 4 do need("body", mt.bodystring(c, string.rep("caf\195\169, fifty bytes more or less in each line.\r\n", 1000))) end
  need("end of message", mt.eom(c))
  expect("several chunks", SMFIR_ACCEPT, mt.getreply(c))
  mt.disconnect(c)
end)
