-- Asks Heirloom about each request before HAProxy passes it on (HAProxy 2.6 or later). Described in docs/forward-auth.md.
--
--     http-request lua.forward_auth http://127.0.0.1:8080/auth/forward-auth

-- What Heirloom needs of a request. Nothing else is sent.
local SENT = { "authorization", "cookie", "x-csrf-token" }
-- What the service gets. A client's own values are removed, so it cannot name another user.
local RECEIVED = { "x-heirloom-user", "x-heirloom-session", "x-heirloom-claims" }
local TIMEOUT_MS = 5000

local function refuse(txn, status, headers)
  local reply = txn:reply({ status = status })
  reply:add_header("cache-control", "no-store")
  for name, value in pairs(headers) do
    reply:add_header(name, value)
  end
  txn:done(reply)
end

local function accepts_pages(headers)
  local accept = headers["accept"] and headers["accept"][0] or ""
  return accept:find("text/html", 1, true) ~= nil
end

core.register_action("forward_auth", { "http-req" }, function(txn, url)
  local headers = txn.http:req_get_headers()
  local sent = { ["x-forwarded-method"] = { txn.sf:method() } }
  for _, name in ipairs(SENT) do
    local values = {}
    for index = 0, 7 do
      values[#values + 1] = headers[name] and headers[name][index]
    end
    if #values > 0 then
      sent[name] = values
    end
  end
  for name in pairs(headers) do
    if name:find("^x%-heirloom%-") then
      txn.http:req_del_header(name)
    end
  end

  local response = core.httpclient():get({ url = url, headers = sent, timeout = TIMEOUT_MS })
  local function first(name)
    return response.headers and response.headers[name] and response.headers[name][0]
  end
  if response.status == 200 then
    for _, name in ipairs(RECEIVED) do
      txn.http:req_set_header(name, first(name) or "")
    end
  elseif response.status == 401 and accepts_pages(headers) and first("location") then
    refuse(txn, 302, { location = first("location") })
  elseif response.status == 401 then
    refuse(txn, 401, { ["www-authenticate"] = first("www-authenticate") or "Bearer" })
  elseif response.status == 400 or response.status == 403 then
    refuse(txn, response.status, {})
  else
    refuse(txn, 503, { ["retry-after"] = "1" })
  end
end, 1)
