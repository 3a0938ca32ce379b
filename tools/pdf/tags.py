"""The structure of a tagged PDF: what screen readers read. The browser's is made smaller and more exact."""

from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject


def kids_of(node):
    """Return the kids of an element of the structure as a list of what stands there: references, numbers, dicts."""
    kids = node.get("/K")
    if kids is None:
        return []
    return list(kids) if isinstance(kids, ArrayObject) else [node.raw_get("/K")]


def is_element(thing):
    """Return whether a kid is an element of the structure, and no mark in a page's content."""
    return isinstance(thing, DictionaryObject) and thing.get("/Type") == "/StructElem"


def elements(root):
    """Give the elements below a root, in reading order."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if is_element(node):
            yield node
        waiting.extend(kid for kid in map(resolved, reversed(kids_of(node))) if is_element(kid))


def resolved(kid):
    """Return what a reference leads to, and anything else as it is."""
    return kid.get_object() if hasattr(kid, "get_object") else kid


def described(root):
    """Give the elements that carry a text for screen readers, in reading order."""
    return (node for node in elements(root) if "/Alt" in node)


def mark_formulas(root, pictures):
    """Tag as formulas, in place, the described elements that are no pictures.

    Parameters
    ----------
    root : pypdf.generic.DictionaryObject
        The root of the structure.
    pictures : list of str
        The texts of the pictures.
    """
    known = set(pictures)
    for node in described(root):
        if str(node["/Alt"]) not in known:
            node[NameObject("/S")] = NameObject("/Formula")


def flatten(root):
    """Remove, in place, the elements that mean nothing, nine tenths of them: their kids move to their parents.

    Parameters
    ----------
    root : pypdf.generic.DictionaryObject
        The root of the structure.
    """
    moved = {}
    adopt(root, moved)
    for node in elements(root):
        adopt(node, moved)
    for parents in lists_of_parents(root["/ParentTree"]):
        for i, parent in enumerate(parents):
            parents[i] = moved.get(getattr(parent, "idnum", None), parent)


def is_idle(node):
    """Return whether an element says nothing of its kids."""
    return node.get("/S") == "/NonStruct" and "/Alt" not in node


def adopt(node, moved):
    """Put the kids of idle kids in their place, and empty these; note in moved, by id, who has replaced whom."""
    own = page = node.raw_get("/Pg") if "/Pg" in node else None
    waiting, kids = [(kid, own) for kid in reversed(kids_of(node))], ArrayObject()
    while waiting:
        kid, page = waiting.pop()
        thing = resolved(kid)
        if is_element(thing) and is_idle(thing):
            moved[kid.idnum] = node.indirect_reference
            here = thing.raw_get("/Pg") if "/Pg" in thing else page
            waiting.extend((grandchild, here) for grandchild in reversed(kids_of(thing)))
            thing.clear()
        else:
            if is_element(thing):
                thing[NameObject("/P")] = node.indirect_reference
            elif isinstance(thing, NumberObject):
                own = own or page
                kid = kid if page == own else mark(kid, page)
            kids.append(kid)
    node[NameObject("/K")] = kids
    if own is not None:
        node[NameObject("/Pg")] = own


def mark(number, page):
    """Return a mark in the content of a page as an element can have it that stands on another page."""
    return DictionaryObject(
        {NameObject("/Type"): NameObject("/MCR"), NameObject("/Pg"): page, NameObject("/MCID"): number}
    )


def lists_of_parents(tree):
    """Give the lists in which a number tree names the parents of marks and links, between the keys."""
    tree = tree.get_object()
    for kid in tree.get("/Kids", ()):
        yield from lists_of_parents(kid)
    if "/Nums" in tree:
        yield tree["/Nums"]
        for value in tree["/Nums"]:
            if isinstance(value.get_object(), ArrayObject):
                yield value.get_object()
