# pragma version 0.4.3
"""
@title Anchors of transparency logs
@notice Keeps the newest size and root of each log. A size only ever grows, and only the owner of a log may set it.
"""

struct Head:
    size: uint256
    root: bytes32

event LogOpened:
    log_id: indexed(bytes32)
    owner: indexed(address)

event Anchored:
    log_id: indexed(bytes32)
    size: uint256
    root: bytes32

event OwnershipOffered:
    log_id: indexed(bytes32)
    owner: indexed(address)
    offered_to: indexed(address)

event OwnershipTaken:
    log_id: indexed(bytes32)
    owner: indexed(address)

heads: HashMap[bytes32, Head]
owners: HashMap[bytes32, address]
offers: HashMap[bytes32, address]

@external
def open_log(name: bytes32) -> bytes32:
    """
    @notice Open a log under an id that is made from its founder and its name, so that nobody can take it first.
    """
    log_id: bytes32 = keccak256(abi_encode(msg.sender, name))
    assert self.owners[log_id] == empty(address), "log is open already"
    self.owners[log_id] = msg.sender
    log LogOpened(log_id=log_id, owner=msg.sender)
    return log_id

@external
def anchor(log_id: bytes32, size: uint256, root: bytes32):
    assert msg.sender == self.owners[log_id], "not the owner of this log"
    assert size > self.heads[log_id].size, "size must grow"
    self.heads[log_id] = Head(size=size, root=root)
    log Anchored(log_id=log_id, size=size, root=root)

@external
def offer_ownership(log_id: bytes32, to: address):
    assert msg.sender == self.owners[log_id], "not the owner of this log"
    self.offers[log_id] = to
    log OwnershipOffered(log_id=log_id, owner=msg.sender, offered_to=to)

@external
def take_ownership(log_id: bytes32):
    assert msg.sender == self.offers[log_id], "ownership was not offered to you"
    self.owners[log_id] = msg.sender
    self.offers[log_id] = empty(address)
    log OwnershipTaken(log_id=log_id, owner=msg.sender)

@external
@view
def latest(log_id: bytes32) -> (uint256, bytes32):
    return self.heads[log_id].size, self.heads[log_id].root

@external
@view
def owner(log_id: bytes32) -> address:
    return self.owners[log_id]
