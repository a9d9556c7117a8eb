-- What the milter asks for at the end of a message.
dofile(here .. "/common.lua")

local function asked(c, what, ...)
  local yes = mt.eom_check(c, ...)
  if not yes then error("not asked for: " .. what) end
end
local function not_asked(c, what, ...)
  if mt.eom_check(c, ...) then error("asked for: " .. what) end
end

run(function()
  local c = opened()
  greeted(c)

  expect("headers", SMFIR_ACCEPT, message(c, "ID1", "edit headers", "body\r\n"))
  asked(c, "insert on top", MT_HDRINSERT, "X-New", lead .. "added", 0)
  asked(c, "folded insert", MT_HDRINSERT, "X-Long", lead .. "one\n two", 0)
  asked(c, "change", MT_HDRCHANGE, "Subject", lead .. "[Marked] edit headers")
  asked(c, "delete", MT_HDRDELETE, "X-Old")
  not_asked(c, "a field that was not there", MT_HDRCHANGE, "X-Missing")
  not_asked(c, "a new body", MT_BODYCHANGE)

  expect("body", SMFIR_ACCEPT, message(c, "ID2", "edit body", "body\r\n"))
  asked(c, "the new body", MT_BODYCHANGE, "body\r\nA line from the school.\r\n")
  not_asked(c, "a header", MT_HDRINSERT)

  expect("recipients", SMFIR_ACCEPT,
    message(c, "ID3", "only first", "body\r\n", "a@post.example", "b@post.example", "c@post.example"))
  asked(c, "b goes", MT_RCPTDELETE, "<b@post.example>")
  asked(c, "c goes", MT_RCPTDELETE, "<c@post.example>")
  not_asked(c, "a stays", MT_RCPTDELETE, "<a@post.example>")

  expect("nothing", SMFIR_ACCEPT, message(c, "ID4", "pass", "body\r\n"))
  for _, what in ipairs({MT_HDRADD, MT_HDRINSERT, MT_HDRCHANGE, MT_HDRDELETE, MT_BODYCHANGE, MT_QUARANTINE}) do
    not_asked(c, "a change", what)
  end

  expect("kept", SMFIR_DISCARD, message(c, "ID5", "keep", "body\r\n"))
  mt.disconnect(c)
end)
