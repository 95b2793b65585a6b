-- written by luabpf init, which writes it anew: do not edit
---@meta

---What `--set name=value` gives, by name.
---@class luabpf.args
---@field [string] any
local args = {}

return args
