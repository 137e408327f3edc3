from mmengine.config import read_base

with read_base():
    from .resnet50 import default_hooks, optim_wrapper
    from .resnet50 import train_cfg as cfg

train_cfg = dict(**cfg)
train_cfg.update(max_epochs=train_cfg['max_epochs'] // 2)
schedule = dict(inner=dict(a=1, b=2))
schedule.update(inner=dict(b=3))
