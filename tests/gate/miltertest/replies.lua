-- Own replies with enhanced codes; what breaks inside defers; limits.
dofile(here .. "/common.lua")

run(function()
  local function replied(c, code, enhanced, text)
    expect("a reply code", SMFIR_REPLYCODE, mt.getreply(c))
    if not mt.eom_check(c, MT_SMTPREPLY, code, enhanced, text) then error("not the reply " .. code .. " " .. enhanced) end
  end

  local c = opened()
  greeted(c)
  message(c, "ID1", "refuse", "body\r\n")
  replied(c, "550", "5.7.1", "Not sent; see the notice")
  message(c, "ID2", "defer", "body\r\n")
  replied(c, "451", "4.3.2", "Later")
  message(c, "ID3", "panic", "body\r\n")
  replied(c, "451", "4.3.0", "Mail gateway could not finish; please try again later")
  message(c, "ID4", "hang", "body\r\n")
  replied(c, "451", "4.3.0", "Mail gateway could not finish; please try again later")
  message(c, "ID5", "edit badly", "body\r\n")
  replied(c, "451", "4.3.5", "Mail gateway could not mark the message; please try again later")
  expect("the connection lives on", SMFIR_ACCEPT, message(c, "ID6", "pass", "body\r\n"))

  -- One recipient too many is refused by itself.
  envelope(c, "ID7", "t.staff@oakfield.example", "a@post.example", "b@post.example", "c@post.example")
  need("abort", mt.abort(c))
  mt.mailfrom(c, "<t.staff@oakfield.example>")
  for _, to in ipairs({"a", "b", "c"}) do mt.rcptto(c, "<" .. to .. "@post.example>") end
  mt.rcptto(c, "<d@post.example>")
  expect("the fourth recipient", SMFIR_REPLYCODE, mt.getreply(c))
  need("abort", mt.abort(c))

  -- Too large, where the MTA does not wait for an answer to the body.
  message(c, "ID8", "pass", string.rep("x", 40000))
  replied(c, "552", "5.3.4", "Message is larger than the mail gateway accepts")
  mt.disconnect(c)

  -- Too large, where it does: refused at the chunk that is one too many.
  c = opened()
  need("negotiation", mt.negotiate(c, 6, 0, 511))
  expect("answers are given", false, mt.test_option(c, SMFIP_NR_BODY))
  greeted(c)
  envelope(c, "ID9", "t.staff@oakfield.example", "a@post.example")
  header(c, "Subject", "pass")
  need("body", mt.bodystring(c, string.rep("x", 25000)))
  expect("still small", SMFIR_CONTINUE, mt.getreply(c))
  need("body", mt.bodystring(c, string.rep("x", 25000)))
  expect("too large", SMFIR_REPLYCODE, mt.getreply(c))
  need("abort", mt.abort(c))
  expect("the next one", SMFIR_ACCEPT, message(c, "ID10", "pass", "body\r\n"))
  mt.disconnect(c)
end)
