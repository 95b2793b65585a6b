-- written by luabpf init, which writes it anew: do not edit
---@meta

---Integers by index, from 0; all are 0 at first.
---@class luabpf.Array
---@field [integer] integer
local Array = {}

---@param k integer
---@return integer
function Array:get(k) end

---@param k integer
---@param v integer
function Array:set(k, v) end

---Adds, and gives the sum.
---@param k integer
---@param n integer
---@return integer
function Array:add(k, n) end

---Integers by key; the least recently used one makes way. A key of several parts goes by the methods.
---@class luabpf.Hash
---@field [any] integer?
local Hash = {}

---@param ... integer|luabpf.Address the parts of the key
---@return integer?
function Hash:get(...) end

---@param ... integer|luabpf.Address|nil the parts of the key, and the value; nil deletes
function Hash:set(...) end

---Adds, and gives the sum; a missing key counts from 0.
---@param ... integer|luabpf.Address the parts of the key, and what to add
---@return integer
function Hash:add(...) end

---@param ... integer|luabpf.Address the parts of the key
function Hash:delete(...) end

---One integer, 0 at first.
---@class luabpf.Counter
local Counter = {}

---@return integer
function Counter:get() end

---Adds, and gives the sum.
---@param n integer
---@return integer
function Counter:add(n) end

---What lives from packet to packet; declared outside functions.
---@class luabpf.state
local state = {}

---@param size integer
---@return luabpf.Array
function state.array(size) end

---@param size integer how many keys it holds
---@param parts? integer how many parts a key has: 1 if absent
---@return luabpf.Hash
function state.hash(size, parts) end

---@return luabpf.Counter
function state.counter() end

return state
