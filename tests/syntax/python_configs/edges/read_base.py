from mmengine.config import read_base
from torch.optim import SGD as S
import torch.nn as nn
with read_base():
    from .base import *
    from .base import y as yy
x.a.update(b=dict(k=1))
x.merge(dict(a=dict(_delete_=True, r=1, s=dict(_delete_=True, v=1)), n=dict(_delete_=True, g=1)))
l[0].k.z = 5
l.append(dict(type=S, layer=nn.GELU))
yy.m = 9
d = dict(a=dict(b=1))
d.update(a=dict(c=1))
e = y
e.new = dict(a=1)
lst = [*l[:1], *[i for i in range(3)]]
