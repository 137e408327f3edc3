from mmengine.config import read_base
with read_base():
    from .read_base import *
d.update(a=dict(e=1))
l[-1].update(type='T')
x.pop('a')
del y['m']
y.update(dict(q=1), r=2)
