-- Shared by the scripts: each step is checked for an error and for the reply where the
-- milter has to give one.
function need(what, problem)
  if problem ~= nil then error(what .. ": " .. tostring(problem)) end
end

function expect(what, want, got)
  if want ~= got then error(what .. ": expected " .. tostring(want) .. ", got " .. tostring(got)) end
end

function opened()
  local c = mt.connect(addr, 10, 0.1)
  if c == nil then error("cannot connect to " .. addr) end
  return c
end

function greeted(c)
  mt.macro(c, SMFIC_CONNECT, "j", "gw.example", "{daemon_name}", "gw")
  need("connect", mt.conninfo(c, "client.example", "192.0.2.10"))
  need("helo", mt.helo(c, "client.example"))
end

function envelope(c, id, from, ...)
  mt.macro(c, SMFIC_MAIL, "i", id, "{auth_authen}", "t.staff", "{mail_addr}", from)
  need("MAIL", mt.mailfrom(c, "<" .. from .. ">", "BODY=8BITMIME"))
  for _, to in ipairs({...}) do
    need("RCPT", mt.rcptto(c, "<" .. to .. ">"))
    expect("RCPT " .. to, SMFIR_CONTINUE, mt.getreply(c))
  end
  need("DATA", mt.data(c))
end

function header(c, ...)
  local fields = {...}
  for n = 1, #fields, 2 do need("header " .. fields[n], mt.header(c, fields[n], fields[n + 1])) end
  need("end of header", mt.eoh(c))
end

-- A whole message whose subject tells the house what to do; returns the final reply.
function message(c, id, subject, body, ...)
  local to = {...}
  if #to == 0 then to = {"p.parent@post.example"} end
  envelope(c, id, "t.staff@oakfield.example", (table.unpack or unpack)(to))
  header(c, "From", "t.staff@oakfield.example", "Subject", subject, "X-Old", "one", "X-Old", "two")
  if body ~= "" then need("body", mt.bodystring(c, body)) end
  need("end of message", mt.eom(c))
  return mt.getreply(c)
end

-- miltertest says nothing about an error in a script, so each script runs in here.
function run(script)
  local fine, why = pcall(script)
  if not fine then
    mt.echo("FAILED: " .. tostring(why))
    error(why)
  end
end
