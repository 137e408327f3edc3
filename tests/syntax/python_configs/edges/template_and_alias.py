_base_ = ['base.py']
x = dict(a=dict(c=[1]), new=dict(_delete_=True, f=1, g=dict(_delete_=True, h=1)))
z = _base_.l
z[0].update(k=dict(w=2))
z += [dict(type='C')]
_base_.l += [dict(type='D')]
p = _base_.pop('nothing')
q = _base_.y
q.update(dict(m=dict(deep=dict(er=1))))
q.m.update(deep=dict(x=2))
q['m']['deep'].k = [dict(a=1)]
w = {{_base_.t}}
v = [{{_base_.t}}, dict(t={{ _base_.y.m }})]
u = _base_.y.copy()
u['m'] = 7
s = dict(**_base_.x)
s['a'].update(dict(b=dict(r=1)))
